from __future__ import annotations

import numpy as np

W, T = np.ones((2, 3)), np.array(0)
GIVEN = (W, W, W, T)

BAD = [
    (([1.0], *GIVEN[1:]), {}, TypeError, "w must be a floating-point NumPy array, got list"),
    ((W, W + 0j, W, T), {}, TypeError, "dw must be real, got an array of complex128"),
    ((W, W, W[0], T), {}, ValueError, r"square_sum must have shape \(2, 3\), got \(3,\)"),
    ((W, W, W.astype("f"), T), {}, TypeError, "square_sum must have the dtype of w, float64"),
    ((W, W, W, 0), {}, TypeError, "t must be an integer NumPy array, got int"),
    ((W, W, W, np.array(-1)), {}, ValueError, "t must be at least 0, got -1"),
    (GIVEN, {"lr": -0.1}, ValueError, "lr must be at least 0, got -0.1"),
    (GIVEN, {"lr_decay": -0.1}, ValueError, "lr_decay must be at least 0, got -0.1"),
    (GIVEN, {"eps": -1e-8}, ValueError, "eps must be at least 0, got -1e-08"),
    (GIVEN, {"weight_decay": -1}, ValueError, "weight_decay must be at least 0, got -1"),
    (GIVEN, {"maximize": 1}, TypeError, "maximize must be a bool, got 1"),
]

DEFAULTS = {
    "lr": 1e-2,
    "lr_decay": 0.0,
    "eps": 1e-10,
    "weight_decay": 0.0,
    "maximize": False,
}
