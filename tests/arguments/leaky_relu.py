from __future__ import annotations

import numpy as np

X = np.ones((2, 4))

BAD = [
    (([1.0],), {}, TypeError, "x must be a floating-point NumPy array, got list"),
    ((X,), {"negative_slope": "0.2"}, TypeError, "negative_slope must be a number, got '0.2'"),
    ((X,), {"negative_slope": True}, TypeError, "negative_slope must be a number, got True"),
]

DEFAULTS = {"negative_slope": 0.01}
