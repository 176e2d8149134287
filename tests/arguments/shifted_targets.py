from __future__ import annotations

import numpy as np

IDS = np.arange(4)
GIVEN = {"start": 0, "length": 2}

BAD = [
    (([0, 1],), GIVEN, TypeError, "ids must be an integer NumPy array, got list"),
    ((IDS * 1.0,), GIVEN, TypeError, "ids must be an integer NumPy array, got an array of float64"),
    ((np.array(1),), GIVEN, ValueError, r"ids must have shape \(T, ...\), got \(\)"),
    ((IDS,), {**GIVEN, "start": 3}, ValueError, "start must be below 3 for 4 ids, got 3"),
    ((IDS,), {**GIVEN, "start": -1}, ValueError, "start must be at least 0, got -1"),
    ((IDS[:1],), GIVEN, ValueError, "start must be below 0 for 1 ids, got 0"),
    ((IDS,), {**GIVEN, "length": 0}, ValueError, "length must be at least 1, got 0"),
    ((IDS,), {**GIVEN, "length": 1.0}, TypeError, "length must be an int, got 1.0"),
]

DEFAULTS: dict[str, object] = {}
