from __future__ import annotations

import numpy as np

X = np.ones((2, 6, 4))

BAD = [
    (([1.0], 1), {}, TypeError, "x must be a floating-point NumPy array, got list"),
    ((np.ones(()), 1), {"axis": 0}, ValueError, r"x must have shape \(..., C\), got \(\)"),
    ((X, 4), {}, ValueError, "pieces must divide the 6 channels of x, got 4"),
    ((X, 3), {"axis": -1}, ValueError, "pieces must divide the 4 channels of x, got 3"),
    ((X, 0), {}, ValueError, "pieces must be at least 1, got 0"),
    ((X, 2.0), {}, TypeError, "pieces must be an int, got 2.0"),
    ((X, 2), {"axis": 3}, ValueError, "axis must be less than 3 for x of shape .* got 3"),
    ((X, 2), {"axis": -4}, ValueError, "axis must be at least -3, got -4"),
    ((X, 2), {"axis": None}, TypeError, "axis must be an int, got None"),
    ((np.ones(4), 2), {}, ValueError, "axis must be less than 1 for x of shape .* got 1"),
]

DEFAULTS = {"axis": 1}
