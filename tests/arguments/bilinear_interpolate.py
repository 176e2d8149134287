from __future__ import annotations

import numpy as np

X = np.ones((2, 4, 5, 6))
B = np.ones(4)

BAD = [
    ((X, B, B), {}, ValueError, "a must have shape"),
    ((X[0, 0], B, B[:2]), {}, ValueError, r"x must have shape \(4,\), got \(2,\)"),
    ((X[0, 0], B.tolist(), B), {}, TypeError, "y must be a floating-point .* got list"),
    ((X[0, 0], B, B.astype(int)), {}, TypeError, "x must be a floating-point .* int64"),
    ((X[0, 0], B.astype(np.float32), B), {}, TypeError, "y must have the dtype of a"),
]

DEFAULTS: dict = {}
