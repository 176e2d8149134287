from __future__ import annotations

import numpy as np

LR = np.array(0.5)
OK: dict = {}
GIVEN = (LR, 3)

BAD = [
    ((0.5, 3), OK, TypeError, "base_lr must be a floating-point NumPy array, got float"),
    ((LR[None], 3), OK, ValueError, r"base_lr must have shape \(\), got \(1,\)"),
    ((np.array(1j), 3), OK, TypeError, "base_lr must be real, got an array of complex128"),
    ((*GIVEN[:-1], -1), OK, ValueError, "n must be at least 0, got -1"),
    ((*GIVEN[:-1], 2.0), OK, TypeError, "n must be an int, got 2.0"),
    (GIVEN, {"total_iters": 0}, ValueError, r"total_iters must be at least 1, got 0"),
    (GIVEN, {"total_iters": 2.0}, TypeError, r"total_iters must be an int, got 2.0"),
    (GIVEN, {"start_factor": 0}, ValueError, r"start_factor must be above 0 and at most 1, got 0"),
    (
        GIVEN,
        {"start_factor": 1.5},
        ValueError,
        r"start_factor must be above 0 and at most 1, got 1.5",
    ),
    (GIVEN, {"end_factor": -1}, ValueError, r"end_factor must be at least 0, got -1"),
    (GIVEN, {"end_factor": 1.5}, ValueError, r"end_factor must be at most 1, got 1.5"),
]

DEFAULTS: dict = {"total_iters": 5, "start_factor": 1 / 3, "end_factor": 1.0}
