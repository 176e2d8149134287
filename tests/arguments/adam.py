from __future__ import annotations

import numpy as np

W, T = np.ones((2, 3)), np.array(0)
GIVEN = (W, W, W, W, W, T)

BAD = [
    (([1.0], *GIVEN[1:]), {}, TypeError, "w must be a floating-point NumPy array, got list"),
    ((W, W, W + 0j, W, W, T), {}, TypeError, "m must be real, got an array of complex128"),
    ((W, W, W[0], W, W, T), {}, ValueError, r"m must have shape \(2, 3\), got \(3,\)"),
    ((W, W, W, W[0], W, T), {}, ValueError, r"v must have shape \(2, 3\), got \(3,\)"),
    ((W, W, W, W, W[0], T), {}, ValueError, r"v_max must have shape \(2, 3\), got \(3,\)"),
    ((W, W, W, W.astype("f"), W, T), {}, TypeError, "v must have the dtype of w, float64"),
    ((W, W, W, W, W, 0), {}, TypeError, "t must be an integer NumPy array, got int"),
    ((W, W, W, W, W, T[None]), {}, ValueError, r"t must have shape \(\), got \(1,\)"),
    ((W, W, W, W, W, np.array(-1)), {}, ValueError, "t must be at least 0, got -1"),
    (GIVEN, {"lr": -0.1}, ValueError, "lr must be at least 0, got -0.1"),
    (GIVEN, {"eps": -1e-8}, ValueError, "eps must be at least 0, got -1e-08"),
    (GIVEN, {"weight_decay": -1}, ValueError, "weight_decay must be at least 0, got -1"),
    (GIVEN, {"beta1": 1.0}, ValueError, "beta1 must be below 1, got 1.0"),
    (GIVEN, {"beta2": 1}, ValueError, "beta2 must be below 1, got 1"),
    (GIVEN, {"beta2": -0.5}, ValueError, "beta2 must be at least 0, got -0.5"),
    (GIVEN, {"beta2": None}, TypeError, "beta2 must be a number, got None"),
    (GIVEN, {"amsgrad": 1}, TypeError, "amsgrad must be a bool, got 1"),
    (GIVEN, {"maximize": 1}, TypeError, "maximize must be a bool, got 1"),
]

DEFAULTS = {
    "lr": 1e-3,
    "beta1": 0.9,
    "beta2": 0.999,
    "eps": 1e-8,
    "weight_decay": 0.0,
    "amsgrad": False,
    "maximize": False,
}
