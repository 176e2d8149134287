from __future__ import annotations

import numpy as np

W = np.ones((2, 3))

BAD = [
    (([1.0], 0.1), {}, TypeError, "w must be a floating-point NumPy array, got list"),
    ((W, "0.1"), {}, TypeError, "strength must be a number, got '0.1'"),
    ((W, -0.1), {}, ValueError, "strength must be at least 0, got -0.1"),
    ((W, 0.1), {"half": 0.5}, TypeError, "half must be a bool, got 0.5"),
]

DEFAULTS = {"half": False}
