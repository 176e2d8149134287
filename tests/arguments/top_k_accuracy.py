from __future__ import annotations

import numpy as np

X = np.ones((2, 3))
IDS = np.zeros(2, np.int64)

BAD = [
    ((X[0], IDS), {}, ValueError, r"scores must have shape \(N, C\), got \(3,\)"),
    ((X.astype(int), IDS), {}, TypeError, "scores must be a floating-point .* array of int64"),
    ((X[:, :0], IDS), {}, ValueError, r"scores must have at least one class, got \(2, 0\)"),
    ((X[:0], IDS[:0]), {}, ValueError, r"scores must have at least one row, got \(0, 3\)"),
    ((X, IDS[:1]), {}, ValueError, r"y must have shape \(2,\), got \(1,\)"),
    ((X, IDS * 1.0), {}, TypeError, "y must be an integer"),
    ((X, IDS - 1), {}, ValueError, "y must hold class ids from 0 to 2, got -1"),
    ((X, IDS + 3), {}, ValueError, "y must hold class ids from 0 to 2, got 3"),
    ((X, IDS), {"k": 0}, ValueError, "k must be at least 1, got 0"),
    ((X, IDS), {"k": 1.0}, TypeError, "k must be an int, got 1.0"),
    ((X, IDS), {"ties": "last"}, ValueError, "ties must be one of .* got 'last'"),
    ((X, IDS), {"ties": None}, ValueError, "ties must be one of .* got None"),
]

DEFAULTS = {"k": 1, "ties": "first"}
