from __future__ import annotations

import numpy as np

X, MASK = np.ones((2, 3)), np.ones((2, 3), bool)

BAD = [
    (([1.0],), {}, TypeError, "x must be a floating-point NumPy array, got list"),
    ((X, [True]), {}, TypeError, "mask must be a bool NumPy array, got list"),
    ((X, MASK * 2.0), {}, TypeError, "mask must be a bool NumPy array, got array of float64"),
    ((X, MASK[0]), {}, ValueError, r"mask must have shape \(2, 3\), got \(3,\)"),
    ((X,), {"p": 1.5}, ValueError, "p must be a probability, from 0 to 1, got 1.5"),
    ((X,), {"p": -0.5}, ValueError, "p must be a probability, from 0 to 1, got -0.5"),
    ((X,), {"p": float("nan")}, ValueError, "p must be a probability, from 0 to 1, got nan"),
    ((X,), {"p": "half"}, TypeError, "p must be a number, got 'half'"),
    ((X,), {"training": 1}, TypeError, "training must be a bool, got 1"),
    ((X,), {"seed": -1}, ValueError, "seed must be at least 0, got -1"),
    ((X,), {"seed": 0.5}, TypeError, "seed must be an int, got 0.5"),
]

DEFAULTS = {"mask": None, "p": 0.5, "training": True, "seed": None}
