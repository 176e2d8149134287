from __future__ import annotations

import numpy as np

BAD = [
    (([1.0],), {}, TypeError, "x must be a floating-point NumPy array, got list"),
    ((np.ones(3, int),), {}, TypeError, "x must be a floating-point NumPy array, got an array of"),
]

DEFAULTS: dict = {}
