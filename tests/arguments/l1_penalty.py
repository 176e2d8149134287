from __future__ import annotations

import numpy as np

W = np.ones((2, 3))

BAD = [
    (([1.0], 0.1), {}, TypeError, "w must be a floating-point NumPy array, got list"),
    ((W, True), {}, TypeError, "strength must be a number, got True"),
    ((W, float("nan")), {}, ValueError, "strength must be at least 0, got nan"),
]

DEFAULTS: dict = {}
