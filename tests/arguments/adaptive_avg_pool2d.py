from __future__ import annotations

import numpy as np

X = np.ones((2, 4, 5, 6))

BAD = [
    (([1.0], 1), {}, TypeError, "x must be a floating-point NumPy array, got list"),
    ((X[0], 1), {}, ValueError, r"x must have shape \(N, C, H, W\)"),
    ((X[:, :, :0], 1), {}, ValueError, "x must have at least one channel, row and column"),
    ((X, 0), {}, ValueError, "output_size must be at least 1, got 0"),
    ((X, (None, 0)), {}, ValueError, "output_size must be at least 1, got 0"),
    ((X, (2, 2.0)), {}, TypeError, "output_size must be an int, got 2.0"),
    ((X, (2, 2, 2)), {}, TypeError, "output_size must be an int or a pair of ints"),
    ((X, None), {}, TypeError, "output_size must be an int or a pair of ints, got None"),
]

DEFAULTS: dict = {}
