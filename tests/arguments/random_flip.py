from __future__ import annotations

import numpy as np

X, FLIPS = np.ones((2, 3, 4, 5)), np.ones(2, bool)

BAD = [
    (([1.0],), {}, TypeError, "x must be a floating-point NumPy array, got list"),
    ((X[0],), {}, ValueError, r"x must have shape \(N, C, H, W\), got \(3, 4, 5\)"),
    ((X, [True, False]), {}, TypeError, "flips must be a bool NumPy array, got list"),
    ((X, FLIPS * 1), {}, TypeError, "flips must be a bool NumPy array, got an array of int64"),
    ((X, FLIPS[:1]), {}, ValueError, r"flips must have shape \(2,\), got \(1,\)"),
    ((X,), {"p": 1.5}, ValueError, "p must be a probability, from 0 to 1, got 1.5"),
    ((X,), {"p": -0.5}, ValueError, "p must be a probability, from 0 to 1, got -0.5"),
    ((X,), {"p": None}, TypeError, "p must be a number, got None"),
    ((X,), {"seed": -1}, ValueError, "seed must be at least 0, got -1"),
    ((X,), {"seed": 0.5}, TypeError, "seed must be an int, got 0.5"),
]

DEFAULTS = {"flips": None, "p": 0.5, "seed": None}
