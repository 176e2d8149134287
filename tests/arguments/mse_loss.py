from __future__ import annotations

import numpy as np

X = np.ones((2, 3))

BAD = [
    (([1.0], X), {}, TypeError, "x must be a floating-point NumPy array, got list"),
    ((X, np.ones((2, 3), int)), {}, TypeError, "target must be a floating-point"),
    ((X, X[0]), {}, ValueError, r"target must have shape \(2, 3\), got \(3,\)"),
    ((X, X.astype(np.float32)), {}, TypeError, "target must have the dtype of x"),
    ((X, X), {"reduction": "batch"}, ValueError, "reduction must be one .* got 'batch'"),
]

DEFAULTS = {"reduction": "mean"}
