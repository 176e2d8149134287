from __future__ import annotations

import numpy as np

BAD = [
    (([1.0],), {}, TypeError, "dw must be a floating-point NumPy array, got list"),
    ((np.ones(3, int),), {}, TypeError, "dw must be a floating-point NumPy array, got an array"),
    ((np.ones(3) + 0j,), {}, TypeError, "dw must be real, got an array of complex128"),
]

DEFAULTS: dict = {}
