from __future__ import annotations

import numpy as np

IDS = np.arange(7)
GIVEN = {"batch": 2, "length": 3}

BAD = [
    (([0, 1],), GIVEN, TypeError, "ids must be an integer NumPy array, got list"),
    ((IDS * 1.0,), GIVEN, TypeError, "ids must be an integer NumPy array, got an array of float64"),
    ((IDS[None],), GIVEN, ValueError, r"ids must have shape \(N\), got \(1, 7\)"),
    ((IDS[:5],), GIVEN, ValueError, "ids must be at least batch x length = 6, got 5"),
    ((IDS,), {**GIVEN, "batch": 0}, ValueError, "batch must be at least 1, got 0"),
    ((IDS,), {**GIVEN, "length": 0}, ValueError, "length must be at least 1, got 0"),
    ((IDS,), {**GIVEN, "length": 1.0}, TypeError, "length must be an int, got 1.0"),
    ((IDS,), {**GIVEN, "last": "end"}, ValueError, "last must be one of .* got 'end'"),
]

DEFAULTS = {"last": "row"}
