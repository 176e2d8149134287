from __future__ import annotations

import numpy as np

X = np.ones((2, 4))

BAD = [
    (([1.0],), {}, TypeError, "x must be a floating-point NumPy array, got list"),
    ((np.ones((2, 4), np.int64),), {}, TypeError, "x must be .* got an array of int64"),
    ((X,), {"axis": 2}, ValueError, r"axis must be less than 2 for x of shape \(2, 4\), got 2"),
    ((X,), {"axis": -3}, ValueError, "axis must be at least -2, got -3"),
    ((X,), {"axis": (0, 1)}, TypeError, r"axis must be an int, got \(0, 1\)"),
    ((X,), {"axis": True}, TypeError, "axis must be an int, got True"),
    ((np.ones(4),), {"axis": 1}, ValueError, "axis must be less than 1 for x of shape .4,., got 1"),
    ((np.ones(4),), {"axis": -2}, ValueError, "axis must be at least -1, got -2"),
    ((np.ones(()),), {"axis": 1}, ValueError, "axis must be less than 1 for x of shape .., got 1"),
    ((np.ones(()),), {"axis": -2}, ValueError, "axis must be at least -1, got -2"),
]

DEFAULTS = {"axis": -1}
