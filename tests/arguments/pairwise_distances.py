from __future__ import annotations

import numpy as np

X, Y = np.ones((2, 3, 5)), np.ones((2, 4, 5))

BAD = [
    (([[1.0]], Y), {}, TypeError, "x must be a floating-point NumPy array, got list"),
    ((X, [[1.0]]), {}, TypeError, "y must be a floating-point NumPy array, got list"),
    ((X[0, 0], Y), {}, ValueError, r"x must have shape \(..., N, D\), got \(5,\)"),
    ((X, Y[0, 0]), {}, ValueError, r"y must have shape \(..., M, D\), got \(5,\)"),
    ((X, Y[..., :3]), {}, ValueError, r"y must have shape \(2, 4, 5\), got \(2, 4, 3\)"),
    ((X, Y[0]), {}, ValueError, r"y must have shape \(2, 4, 5\), got \(4, 5\)"),
    ((X, Y.astype(np.float32)), {}, TypeError, "y must have the dtype of x, float64"),
]

DEFAULTS: dict = {}
