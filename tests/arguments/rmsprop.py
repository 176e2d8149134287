from __future__ import annotations

import numpy as np

W = np.ones((2, 3))
GIVEN = (W, W, W, W, W)

BAD = [
    (([1.0], *GIVEN[1:]), {}, TypeError, "w must be a floating-point NumPy array, got list"),
    ((W, W, W + 0j, W, W), {}, TypeError, "square_avg must be real, got an array of complex128"),
    ((W, W, W[0], W, W), {}, ValueError, r"square_avg must have shape \(2, 3\), got \(3,\)"),
    ((W, W, W, W[0], W), {}, ValueError, r"grad_avg must have shape \(2, 3\), got \(3,\)"),
    ((W, W, W, W, W[0]), {}, ValueError, r"velocity must have shape \(2, 3\), got \(3,\)"),
    ((W, W, W, W.astype("f"), W), {}, TypeError, "grad_avg must have the dtype of w, float64"),
    (GIVEN, {"lr": -0.1}, ValueError, "lr must be at least 0, got -0.1"),
    (GIVEN, {"alpha": -0.1}, ValueError, "alpha must be at least 0, got -0.1"),
    (GIVEN, {"eps": -1e-8}, ValueError, "eps must be at least 0, got -1e-08"),
    (GIVEN, {"weight_decay": -1}, ValueError, "weight_decay must be at least 0, got -1"),
    (GIVEN, {"momentum": -1}, ValueError, "momentum must be at least 0, got -1"),
    (GIVEN, {"momentum": None}, TypeError, "momentum must be a number, got None"),
    (GIVEN, {"centered": 1}, TypeError, "centered must be a bool, got 1"),
    (GIVEN, {"maximize": 1}, TypeError, "maximize must be a bool, got 1"),
]

DEFAULTS = {
    "lr": 1e-2,
    "alpha": 0.99,
    "eps": 1e-8,
    "weight_decay": 0.0,
    "momentum": 0.0,
    "centered": False,
    "maximize": False,
}
