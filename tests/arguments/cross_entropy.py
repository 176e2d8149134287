from __future__ import annotations

import numpy as np

X = np.ones((2, 4, 5, 6))
IDS = np.zeros((2, 5, 6), np.int64)

BAD = [
    ((X, IDS), {"reduction": "max"}, ValueError, "reduction must be one"),
    ((X[:, :0], IDS), {}, ValueError, r"x must have at least one class, got \(2, 0, 5, 6\)"),
    ((X, IDS + 4), {}, ValueError, "y must hold class ids from 0 to 3 or -100, got 4"),
    ((X, IDS - 1), {}, ValueError, "y must hold class ids from 0 to 3 or -100, got -1"),
    ((X[..., 0, 0], np.array([7, 9])), {}, ValueError, "got 7"),
    ((X, IDS), {"ignore_index": -(2**63) - 1}, ValueError, f"at least {-(2**63)}, got"),
    ((X, IDS + 4), {"ignore_index": -(2**63)}, ValueError, f"or {-(2**63)}, got 4"),
    ((X, IDS * 1.0), {}, TypeError, "y must be an integer"),
]

DEFAULTS = {"reduction": "mean", "ignore_index": -100}
