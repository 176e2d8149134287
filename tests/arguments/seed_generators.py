from __future__ import annotations

import numpy as np

SEEDS = np.arange(6).reshape(2, 3)

BAD = [
    ((7,), {}, TypeError, "initial must be an integer NumPy array, got int"),
    ((SEEDS / 2,), {}, TypeError, "initial must be .* got an array of float64"),
    ((SEEDS[0],), {}, ValueError, r"initial must have shape \(E, W\), got \(3,\)"),
    ((SEEDS - 1,), {}, ValueError, "initial must be at least 0, got -1"),
    ((SEEDS,), {"generators": 0}, ValueError, "generators must be at least 1, got 0"),
    ((SEEDS,), {"generators": 1.5}, TypeError, "generators must be an int, got 1.5"),
]

DEFAULTS = {"generators": 1}
