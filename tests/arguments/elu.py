from __future__ import annotations

import numpy as np

X = np.ones(3)

BAD = [
    (([1.0],), {}, TypeError, "x must be a floating-point NumPy array, got list"),
    ((X,), {"alpha": "1"}, TypeError, "alpha must be a number, got '1'"),
    ((X,), {"alpha": None}, TypeError, "alpha must be a number, got None"),
    ((X,), {"alpha": float("inf")}, ValueError, "alpha must be finite, got inf"),
]

DEFAULTS = {"alpha": 1.0}
