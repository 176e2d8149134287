from __future__ import annotations

import numpy as np

X = np.ones((2, 4, 5, 6))
IDS = np.zeros((2, 5, 6), np.int64)

BAD = [
    (([1.0], IDS), {}, TypeError, "x must be a floating-point NumPy array, got list"),
    ((X, IDS[:1]), {}, ValueError, r"y must have shape \(2, 5, 6\), got \(1, 5, 6\)"),
    ((X, IDS * 1.0), {}, TypeError, "y must be an integer"),
    ((X, IDS - 2), {"ignore_index": -1}, ValueError, "y must hold class ids .* -1, got -2"),
    ((X, IDS, np.ones(3)), {}, ValueError, r"weight must have shape \(4,\), got \(3,\)"),
    ((X, IDS, np.ones(4, int)), {}, TypeError, "weight must be a floating-point"),
    ((X, IDS, np.ones(4, np.float32)), {}, TypeError, "weight must have the dtype of x"),
    ((X, IDS), {"reduction": "batch"}, ValueError, "reduction must be one .* got 'batch'"),
    ((X, IDS), {"ignore_index": 0.5}, TypeError, "ignore_index must be an int, got 0.5"),
]

DEFAULTS = {"weight": None, "reduction": "mean", "ignore_index": -100}
