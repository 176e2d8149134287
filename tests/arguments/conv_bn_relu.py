from __future__ import annotations

import numpy as np

X = np.ones((2, 4, 5, 6))
W = np.ones((3, 4, 3, 3))
F = np.ones(3)
TRAIN = {"training": True}

BAD = [
    ((X.tolist(), W, F, F, F, F, F), TRAIN, TypeError, "x must be a floating-point .* got list"),
    ((X[0], W, F, F, F, F, F), TRAIN, ValueError, r"x must have shape \(N, C, H, W\)"),
    ((X, W[:, :3], F, F, F, F, F), TRAIN, ValueError, "x must have .* = 3 channels, got 4"),
    ((X, W, F[:2], F, F, F, F), TRAIN, ValueError, r"b must have shape \(3,\), got \(2,\)"),
    ((X, W, F, F[:2], F, F, F), TRAIN, ValueError, r"gamma must have shape \(3,\), got \(2,\)"),
    ((X, W, F, F, F, F, None), TRAIN, ValueError, "running_mean and running_var must be both"),
    ((X, W, F, F, F, F.astype(np.float32), F), TRAIN, TypeError, "running_mean must have the dty"),
    ((X, W, F, F, F, F, F), {"training": 1}, TypeError, "training must be a bool, got 1"),
    ((X, W, F, F, F, F, F), {"stride": 0, **TRAIN}, ValueError, "stride must be at least 1"),
    ((X, W, F, F, F, F, F), {"eps": -1.0, **TRAIN}, ValueError, "eps must be at least 0, got -1"),
    ((X, W, F, F, F, F, F), {"momentum": "0.1", **TRAIN}, TypeError, "momentum must be a number"),
    (
        (X, W, F, F, F, F, F),
        {"running_var_update": "none", **TRAIN},
        ValueError,
        "running_var_update must be one of",
    ),
    (
        (X[:1, :, :3, :3], W, F, F, F, F, F),
        TRAIN,
        ValueError,
        "Expected more than 1 value per channel",
    ),
]

DEFAULTS = {
    "stride": 1,
    "padding": 0,
    "momentum": 0.1,
    "eps": 1e-05,
    "running_var_update": "unbiased",
}
