from __future__ import annotations

import numpy as np

X = np.ones((2, 3))
ONES = np.ones((2, 3), np.int64)

BAD = [
    ((X[0], ONES[0]), {}, ValueError, r"scores must have shape \(N, C\), got \(3,\)"),
    ((X.tolist(), ONES), {}, TypeError, "scores must be a floating-point NumPy array, got list"),
    ((X, ONES[0]), {}, ValueError, r"y must have shape \(2, 3\), got \(3,\)"),
    ((X, ONES.T), {}, ValueError, r"y must have shape \(2, 3\), got \(3, 2\)"),
    ((X, ONES > 0), {}, TypeError, "y must be an integer NumPy array, got an array of bool"),
    ((X, 2 * ONES), {}, ValueError, "y must hold zeros and ones, got 2"),
    ((X, -ONES), {}, ValueError, "y must hold zeros and ones, got -1"),
]

DEFAULTS: dict = {}
