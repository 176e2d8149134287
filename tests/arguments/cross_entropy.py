from __future__ import annotations

import numpy as np

X = np.ones((2, 4, 5, 6))
IDS = np.zeros((2, 5, 6), np.int64)

BAD = [
    ((X, IDS), {"reduction": "max"}, ValueError, "reduction must be one"),
    ((X, IDS + 4), {}, ValueError, "y must hold class ids .* got 4"),
    ((X, IDS * 1.0), {}, TypeError, "y must be an integer"),
]

DEFAULTS = {"reduction": "mean", "ignore_index": -100}
