from __future__ import annotations

import numpy as np

X = np.ones((2, 4, 5, 6))
C = np.ones(4)

BAD = [
    ((X, C, C, C, C), {"training": 1}, TypeError, "training must be a bool"),
    ((X, C, C, C, None), {"training": True}, ValueError, "both"),
    ((X, C[:2], C, C, C), {"training": True}, ValueError, "gamma must have"),
    (
        (X[:1, :, :1, :1], C, C, C, C),
        {"training": True},
        ValueError,
        "Expected more than 1 value per channel",
    ),
]

DEFAULTS = {"momentum": 0.1, "eps": 1e-05, "running_var_update": "unbiased"}
