from __future__ import annotations

import numpy as np

X, W, B = np.ones((3, 2, 5)), np.ones((4, 5)), np.ones(4)

BAD = [
    (([[[1.0]]], W), {}, TypeError, "x must be a floating-point NumPy array, got list"),
    ((X[0], W), {}, ValueError, r"x must have shape \(N, T, D\), got \(2, 5\)"),
    ((X, B), {}, ValueError, r"w must have shape \(M, D\), got \(4,\)"),
    ((X, W[:, :3]), {}, ValueError, r"x must have shape \(..., 3\) for w \(4, 3\)"),
    ((X, W, B[:3]), {}, ValueError, r"b must have shape \(4,\), got \(3,\)"),
    ((X, W.astype(np.float32)), {}, TypeError, "w must have the dtype of x, float64"),
]

DEFAULTS = {"b": None}
