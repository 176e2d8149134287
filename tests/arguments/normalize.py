from __future__ import annotations

import numpy as np

X = np.ones((2, 3))

BAD = [
    (([1.0],), {}, TypeError, "x must be a floating-point NumPy array, got list"),
    ((np.ones(()),), {}, ValueError, r"x must have shape \(N, ...\), got \(\)"),
    ((X,), {"p": 3}, ValueError, "p must be 1 or 2, got 3"),
    ((X,), {"p": 0}, ValueError, "p must be at least 1, got 0"),
    ((X,), {"p": 2.0}, TypeError, "p must be an int, got 2.0"),
    ((X,), {"axis": 2}, ValueError, "axis must be less than 2 .*, got 2"),
    ((X,), {"axis": -3}, ValueError, "axis must be at least -2, got -3"),
    ((X,), {"axis": None}, TypeError, "axis must be an int, got None"),
    ((X,), {"eps": -1.0}, ValueError, "eps must be at least 0, got -1.0"),
    ((X,), {"eps": "tiny"}, TypeError, "eps must be a number, got 'tiny'"),
]

DEFAULTS = {"p": 2, "axis": 1, "eps": 1e-12}
