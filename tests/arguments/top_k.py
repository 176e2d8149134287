from __future__ import annotations

import numpy as np

X = np.arange(12.0).reshape(3, 4)

BAD = [
    (([1.0], 1), {}, TypeError, "x must be a floating-point NumPy array, got list"),
    ((np.array(1.0), 1), {}, ValueError, r"x must have at least one dimension, got \(\)"),
    ((X, 5), {}, ValueError, "k must be at most 4, the length of axis -1, got 5"),
    ((X, 4), {"axis": 0}, ValueError, "k must be at most 3, the length of axis 0, got 4"),
    ((X, -1), {}, ValueError, "k must be at least 0, got -1"),
    ((X, 1.0), {}, TypeError, "k must be an int, got 1.0"),
    ((X, 1), {"axis": 2}, ValueError, r"axis must be from -2 to 1 for x \(3, 4\), got 2"),
    ((X, 1), {"axis": -3}, ValueError, "axis must be at least -2, got -3"),
    ((X, 1), {"axis": None}, TypeError, "axis must be an int, got None"),
    ((X, 1), {"largest": 1}, TypeError, "largest must be a bool, got 1"),
]

DEFAULTS = {"axis": -1, "largest": True}
