from __future__ import annotations

import numpy as np

X, C = np.ones((2, 6, 4, 5)), np.ones(6)

BAD = [
    (([1.0], C, C, 2), {}, TypeError, "x must be a floating-point NumPy array, got list"),
    ((X[0, 0, 0], C, C, 2), {}, ValueError, r"x must have shape \(N, C, ...\), got \(5,\)"),
    ((X, 1.0, C, 2), {}, TypeError, "gamma must be a floating-point NumPy array, got float"),
    ((X, C[:2], C, 2), {}, ValueError, r"gamma must have shape \(6,\), got \(2,\)"),
    ((X, C, C[:, None], 2), {}, ValueError, r"beta must have shape \(6,\), got \(6, 1\)"),
    ((X, C, C.astype(np.float32), 2), {}, TypeError, "beta must have the dtype of x, float64"),
    ((X, C, C, 2.0), {}, TypeError, "groups must be an int, got 2.0"),
    ((X, C, C, 0), {}, ValueError, "groups must be at least 1, got 0"),
    ((X, C, C, 4), {}, ValueError, "groups must divide the 6 channels of x, got 4"),
    ((X, C, C, 2), {"eps": -1.0}, ValueError, "eps must be at least 0, got -1.0"),
    ((X, C, C, 2), {"eps": None}, TypeError, "eps must be a number, got None"),
]

DEFAULTS = {"eps": 1e-05}
