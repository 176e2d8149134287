from __future__ import annotations

import numpy as np

IDS = np.array([[0, 3], [1, 1]])
W = np.ones((4, 5))

BAD = [
    ((IDS * 1.0, W), {}, TypeError, "ids must be an integer NumPy array, got an array of float64"),
    (([0, 1], W), {}, TypeError, "ids must be an integer NumPy array, got list"),
    ((IDS, IDS), {}, TypeError, "W must be a floating-point NumPy array"),
    ((IDS, W[0]), {}, ValueError, r"W must have shape \(V, D\), got \(5,\)"),
    ((IDS + 1, W), {}, ValueError, r"ids must be from 0 to 3 for W \(4, 5\), got 4"),
    ((IDS - 1, W), {}, ValueError, "ids must be from 0 to 3 .* got -1"),
    ((np.array([7, 9]), W), {}, ValueError, "ids must be from 0 to 3 .* got 7"),
    ((IDS, W), {"padding_idx": 4}, ValueError, "padding_idx must be from -4 to 3 .* got 4"),
    ((IDS, W), {"padding_idx": -5}, ValueError, "padding_idx must be at least -4, got -5"),
    ((IDS, W), {"padding_idx": 1.0}, TypeError, "padding_idx must be an int, got 1.0"),
]

DEFAULTS = {"padding_idx": None}
