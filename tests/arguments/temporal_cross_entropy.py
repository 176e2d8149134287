from __future__ import annotations

import numpy as np

X = np.ones((2, 3, 4))
IDS = np.zeros((2, 3), np.int64)
MASK = np.ones((2, 3), bool)

BAD = [
    ((X[0], IDS), {}, ValueError, r"x must have shape \(N, T, V\), got \(3, 4\)"),
    ((X[..., :0], IDS), {}, ValueError, "x must have at least one class"),
    ((X, IDS.T), {}, ValueError, r"y must have shape \(2, 3\), got \(3, 2\)"),
    ((X, IDS * 1.0), {}, TypeError, "y must be an integer"),
    ((X, IDS - 1, MASK), {}, ValueError, "y must hold class ids from 0 to 3, got -1"),
    ((X, IDS, MASK * 1.0), {}, TypeError, "mask must be .* bool, got an array of float64"),
    ((X, IDS, True), {}, TypeError, "mask must be .* bool, got True"),
    ((X, IDS, MASK[:1]), {}, ValueError, r"mask must have shape \(2, 3\), got \(1, 3\)"),
    ((X, IDS), {"reduction": "max"}, ValueError, "reduction must be one .*batch.* got 'max'"),
]

DEFAULTS = {"mask": None, "reduction": "mean"}
