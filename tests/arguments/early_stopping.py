from __future__ import annotations

import numpy as np

X = np.ones(3)
BAD = [
    (([1.0],), {}, TypeError, "metrics must be a floating-point NumPy array, got list"),
    ((np.ones((2, 2)),), {}, ValueError, r"metrics must have shape \(n\), got \(2, 2\)"),
    ((X * 1j,), {}, TypeError, "metrics must be real, got an array of complex128"),
    ((X,), {"mode": "best"}, ValueError, r"mode must be one of \(.*\), got 'best'"),
    ((X,), {"ties": "all"}, ValueError, r"ties must be one of \(.*\), got 'all'"),
    ((X,), {"patience": 0}, ValueError, "patience must be at least 1, got 0"),
    ((X,), {"patience": 1.5}, TypeError, "patience must be an int, got 1.5"),
    ((X,), {"patience": 7, "min_delta": -1}, ValueError, "min_delta must be at least 0, got -1"),
]
DEFAULTS: dict = {"patience": 7, "min_delta": 0.0, "mode": "min", "ties": "first"}
