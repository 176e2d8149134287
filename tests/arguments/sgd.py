from __future__ import annotations

import numpy as np

W = np.ones((2, 3))
LR = {"lr": 0.1}

BAD = [
    (([1.0], W, W), LR, TypeError, "w must be a floating-point NumPy array, got list"),
    ((W, W + 0j, W), LR, TypeError, "dw must be real, got an array of complex128"),
    ((W, W[0], W), LR, ValueError, r"dw must have shape \(2, 3\), got \(3,\)"),
    ((W, W, W[:1]), LR, ValueError, r"velocity must have shape \(2, 3\), got \(1, 3\)"),
    ((W, W, W.astype("f")), LR, TypeError, "velocity must have the dtype of w, float64"),
    ((W, W, W), {"lr": -0.1}, ValueError, "lr must be at least 0, got -0.1"),
    ((W, W, W), {"lr": "fast"}, TypeError, "lr must be a number, got 'fast'"),
    ((W, W, W), {**LR, "momentum": -0.1}, ValueError, "momentum must be at least 0, got -0.1"),
    ((W, W, W), {**LR, "weight_decay": -1}, ValueError, "weight_decay must be at least 0, got -1"),
    ((W, W, W), {**LR, "dampening": None}, TypeError, "dampening must be a number, got None"),
    ((W, W, W), {**LR, "nesterov": 1}, TypeError, "nesterov must be a bool, got 1"),
    ((W, W, W), {**LR, "maximize": 1}, TypeError, "maximize must be a bool, got 1"),
    ((W, W, W), {**LR, "fresh": 1}, TypeError, "fresh must be a bool, got 1"),
    (
        (W, W, W),
        {**LR, "nesterov": True},
        ValueError,
        "nesterov needs a momentum and no dampening, got momentum 0.0 and dampening 0.0",
    ),
    (
        (W, W, W),
        {**LR, "nesterov": True, "momentum": 0.9, "dampening": 0.5},
        ValueError,
        "nesterov needs a momentum and no dampening, got momentum 0.9 and dampening 0.5",
    ),
    ((W, W, W), {**LR, "velocity_form": "lr"}, ValueError, r"velocity_form must be one of \("),
    ((W, W, W), {**LR, "start": "one"}, ValueError, r"start must be one of \("),
]

DEFAULTS = {
    "momentum": 0.0,
    "dampening": 0.0,
    "weight_decay": 0.0,
    "nesterov": False,
    "maximize": False,
    "fresh": False,
    "velocity_form": "torch",
    "start": "gradient",
}
