from __future__ import annotations

import numpy as np

IDS = np.array([0, 1])

BAD = [
    (([0, 1], "ab"), {}, TypeError, "ids must be an integer NumPy array, got list"),
    ((IDS * 1.0, "ab"), {}, TypeError, "ids must be an integer NumPy array, got an array of float"),
    ((IDS[None], "ab"), {}, ValueError, r"ids must have shape \(N\), got \(1, 2\)"),
    ((IDS, "a"), {}, ValueError, "ids must be at least 0 and below 1, got 1"),
    ((IDS - 1, "ab"), {}, ValueError, "ids must be at least 0 and below 2, got -1"),
    ((IDS, ("a", "a")), {}, ValueError, "vocabulary must hold every token once, got 'a' twice"),
    ((IDS, "ab"), {"separator": None}, TypeError, "separator must be a str, got NoneType"),
]

DEFAULTS = {"separator": ""}
