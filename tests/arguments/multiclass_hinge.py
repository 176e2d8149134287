from __future__ import annotations

import numpy as np

X = np.ones((2, 3))
IDS = np.zeros(2, np.int64)

BAD = [
    ((X[0], IDS), {}, ValueError, r"x must have shape \(N, C\), got \(3,\)"),
    ((X[:, :0], IDS), {}, ValueError, r"x must have at least one class, got \(2, 0\)"),
    ((X, IDS[:1]), {}, ValueError, r"y must have shape \(2,\), got \(1,\)"),
    ((X, IDS * 1.0), {}, TypeError, "y must be an integer"),
    ((X, IDS + 3), {}, ValueError, "y must hold class ids from 0 to 2, got 3"),
    ((X, np.array([7, 9])), {}, ValueError, "y must hold class ids from 0 to 2, got 7"),
    ((X, IDS), {"margin": "1"}, TypeError, "margin must be a number, got '1'"),
    ((X, IDS), {"p": 3}, ValueError, "p must be 1 or 2, got 3"),
    ((X, IDS), {"reduction": "batch"}, ValueError, "reduction must be one .* got 'batch'"),
    ((X, IDS), {"class_mean": 1}, TypeError, "class_mean must be a bool, got 1"),
]

DEFAULTS = {"margin": 1.0, "p": 1, "reduction": "mean", "class_mean": True}
