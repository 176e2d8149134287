"""Bad calls of metrics that are given predictions, labels and the number of classes."""

from __future__ import annotations

import numpy as np

IDS = np.zeros(2, np.int64)
GIVEN = {"classes": 2}

BAD = [
    (([0, 0], IDS), GIVEN, TypeError, "pred must be an integer NumPy array, got list"),
    ((IDS * 1.0, IDS), GIVEN, TypeError, "pred must be an integer NumPy array, got an array"),
    ((IDS[None], IDS[None]), GIVEN, ValueError, r"pred must have shape \(N\), got \(1, 2\)"),
    ((IDS, IDS * 1.0), GIVEN, TypeError, "y must be an integer NumPy array"),
    ((IDS, IDS[:1]), GIVEN, ValueError, r"y must have shape \(2,\), got \(1,\)"),
    ((IDS, IDS[None]), GIVEN, ValueError, r"y must have shape \(2,\), got \(1, 2\)"),
    ((IDS - 1, IDS), GIVEN, ValueError, "pred must hold class ids from 0 to 1, got -1"),
    ((IDS + 2, IDS), GIVEN, ValueError, "pred must hold class ids from 0 to 1, got 2"),
    ((IDS, IDS + 2), GIVEN, ValueError, "y must hold class ids from 0 to 1, got 2"),
    ((IDS, IDS), {"classes": 0}, ValueError, "classes must be at least 1, got 0"),
    ((IDS, IDS), {"classes": 2.0}, TypeError, "classes must be an int, got 2.0"),
    ((IDS, IDS), {"classes": True}, TypeError, "classes must be an int, got True"),
]

BAD_AVERAGES = [
    ((IDS, IDS), {**GIVEN, **options}, ValueError, sentence)
    for options, sentence in (
        ({"average": "mean"}, "average must be one of .* got 'mean'"),
        ({"average": None}, "average must be one of .* got None"),
        ({"zero_division": 2}, "zero_division must be 0 or 1, got 2"),
        ({"zero_division": True}, "zero_division must be 0 or 1, got True"),
        ({"zero_division": "warn"}, "zero_division must be 0 or 1, got 'warn'"),
    )
]
