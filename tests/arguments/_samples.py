"""Bad calls of what is given a data set x, y and a seed."""

from __future__ import annotations

import numpy as np

X, Y = np.ones((4, 3)), np.array([0, 1, 0, 1])

BAD = [
    (([1.0], Y), {}, TypeError, "x must be a NumPy array, got list"),
    ((np.array(1.0), Y), {}, ValueError, r"x must hold at least . samples, got shape \(\)"),
    ((X[:0], Y[:0]), {}, ValueError, r"x must hold at least . samples, got shape \(0, 3\)"),
    ((X, [0, 1, 0, 1]), {}, TypeError, "y must be an integer NumPy array, got list"),
    ((X, Y / 2), {}, TypeError, "y must be an integer NumPy array, got an array of float64"),
    ((X, Y[:3]), {}, ValueError, r"y must have shape \(4,\), got \(3,\)"),
    ((X, Y[:, None]), {}, ValueError, r"y must have shape \(4,\), got \(4, 1\)"),
    ((X, Y), {"seed": -1}, ValueError, "seed must be at least 0, got -1"),
    ((X, Y), {"seed": 0.5}, TypeError, "seed must be an int, got 0.5"),
]

BAD_FRACTIONS = [
    ((X, Y), {"val_fraction": value}, error, f"val_fraction must be .*, got {value!r}")
    for value, error in ((0, ValueError), (1.0, ValueError), (-0.5, ValueError), (20, ValueError))
] + [((X, Y), {"val_fraction": "20%"}, TypeError, "val_fraction must be a number, got '20%'")]
