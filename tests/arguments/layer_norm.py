from __future__ import annotations

import numpy as np

X, D, TD = np.ones((2, 3, 4)), np.ones(4), np.ones((3, 4))

BAD = [
    (([1.0], D, D), {}, TypeError, "x must be a floating-point NumPy array, got list"),
    ((X, [1.0], D), {}, TypeError, "gamma must be a floating-point NumPy array, got list"),
    ((X, D, 1.0), {}, TypeError, "beta must be a floating-point NumPy array, got float"),
    ((X, D[:3], D), {}, ValueError, r"x must end in .* of sizes \(3,\), got \(2, 3, 4\)"),
    ((X, np.ones(()), None), {}, ValueError, r"at least one, of sizes \(\)"),
    ((np.ones(()), None, None), {}, ValueError, r"at least one, of sizes \(\), got \(\)"),
    ((X, D, TD), {}, ValueError, r"beta must have shape \(4,\), got \(3, 4\)"),
    ((X, D, D), {"normalized_shape": (3, 4)}, ValueError, r"gamma must have shape \(3, 4\)"),
    ((X, D, D.astype(np.float32)), {}, TypeError, "beta must have the dtype of x, float64"),
    ((X, D, D), {"normalized_shape": 4.0}, TypeError, "normalized_shape must be an int, got 4.0"),
    ((X, None, None), {"normalized_shape": -1}, ValueError, "normalized_shape must be at least 0"),
    ((X, D, D), {"eps": -1e-5}, ValueError, "eps must be at least 0, got -1e-05"),
    ((X, D, D), {"eps": "small"}, TypeError, "eps must be a number, got 'small'"),
]

DEFAULTS = {"normalized_shape": None, "eps": 1e-05}
