from __future__ import annotations

import numpy as np

LR = np.array(0.5)
OK: dict = {"T_max": 1}
GIVEN = (LR, 3)

BAD = [
    ((0.5, 3), OK, TypeError, "base_lr must be a floating-point NumPy array, got float"),
    ((LR[None], 3), OK, ValueError, r"base_lr must have shape \(\), got \(1,\)"),
    ((np.array(1j), 3), OK, TypeError, "base_lr must be real, got an array of complex128"),
    ((*GIVEN[:-1], -1), OK, ValueError, "n must be at least 0, got -1"),
    ((*GIVEN[:-1], 2.0), OK, TypeError, "n must be an int, got 2.0"),
    (GIVEN, {"T_max": 0}, ValueError, r"T_max must be at least 1, got 0"),
    (GIVEN, {"T_max": 2.0}, TypeError, r"T_max must be an int, got 2.0"),
    (GIVEN, {"T_max": 1, "eta_min": -0.5}, ValueError, r"eta_min must be at least 0, got -0.5"),
]

DEFAULTS: dict = {"eta_min": 0.0}
