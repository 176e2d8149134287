from __future__ import annotations

import numpy as np

X = np.ones((2, 4, 5, 6))
B = np.ones(4)

BAD = [
    ((X, B, B), {}, ValueError, "a must have shape"),
    ((X[0, 0], B, B[:2]), {}, ValueError, "shape"),
]

DEFAULTS: dict = {}
