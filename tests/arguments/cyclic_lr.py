from __future__ import annotations

import numpy as np

LR = np.array(0.5)
OK: dict = {}
GIVEN = (LR, LR, 3)

BAD = [
    ((0.5, LR, 3), OK, TypeError, "base_lr must be a floating-point NumPy array, got float"),
    ((LR[None], LR, 3), OK, ValueError, r"base_lr must have shape \(\), got \(1,\)"),
    ((np.array(1j), LR, 3), OK, TypeError, "base_lr must be real, got an array of complex128"),
    ((*GIVEN[:-1], -1), OK, ValueError, "n must be at least 0, got -1"),
    ((*GIVEN[:-1], 2.0), OK, TypeError, "n must be an int, got 2.0"),
    ((LR, LR.astype("f"), 3), OK, TypeError, "max_lr must have the dtype of base_lr, float64"),
    (GIVEN, {"step_size_up": 0}, ValueError, r"step_size_up must be at least 1, got 0"),
    (GIVEN, {"step_size_up": None}, TypeError, r"step_size_up must be an int, got None"),
    (GIVEN, {"step_size_down": 0}, ValueError, r"step_size_down must be at least 1, got 0"),
    (GIVEN, {"mode": "saw"}, ValueError, r"mode must be one of \("),
    (GIVEN, {"gamma": -0.5}, ValueError, r"gamma must be at least 0, got -0.5"),
]

DEFAULTS: dict = {"step_size_up": 2000, "step_size_down": None, "mode": "triangular", "gamma": 1.0}
