from __future__ import annotations

import numpy as np

X = np.ones((4, 3))

BAD = [
    (([1.0, 2.0],), {}, TypeError, "x must be a NumPy array, got list"),
    ((np.array(1.0),), {}, ValueError, r"x must have at least one dimension, got \(\)"),
    ((X,), {}, ValueError, "k must be at most 4, the number of samples, got 5"),
    ((X,), {"k": 1}, ValueError, "k must be at least 2, got 1"),
    ((X,), {"k": 2.0}, TypeError, "k must be an int, got 2.0"),
    ((X,), {"k": 2, "shuffle": None}, TypeError, "shuffle must be a bool, got None"),
    ((X,), {"k": 2, "seed": -1}, ValueError, "seed must be at least 0, got -1"),
]

DEFAULTS = {"k": 5, "shuffle": False, "seed": None}
