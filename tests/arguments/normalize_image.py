from __future__ import annotations

import numpy as np

X, C = np.ones((2, 3, 4, 5)), np.ones(3)

BAD = [
    (([1.0], C, C), {}, TypeError, "x must be a floating-point NumPy array, got list"),
    ((X.astype(np.uint8), C, C), {}, TypeError, "x must be .* got an array of uint8"),
    ((X[0, 0], C, C), {}, ValueError, r"x must have shape \(\.\.\., C, H, W\), got \(4, 5\)"),
    ((X, C[:2], C), {}, ValueError, r"mean must have shape \(3,\), got \(2,\)"),
    ((X, C, C[:2]), {}, ValueError, r"std must have shape \(3,\), got \(2,\)"),
    ((X, (0.5,) * 3, C), {}, TypeError, "mean must be a floating-point NumPy array, got tuple"),
    ((X, C, 0.5), {}, TypeError, "std must be a floating-point NumPy array, got float"),
    ((X, C.astype("f"), C), {}, TypeError, "mean must have the dtype of x, float64, got float32"),
    ((X, C, np.array([1.0, 0, 1])), {}, ValueError, r"std must be above 0 .* got \[1. 0. 1.\]"),
]

DEFAULTS: dict = {}
