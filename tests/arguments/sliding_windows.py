from __future__ import annotations

import numpy as np

X = np.ones((2, 4, 5, 6))

BAD = [
    (([[1.0]], 1), {}, TypeError, "x must be a floating-point NumPy array, got list"),
    ((X[0], 1), {}, ValueError, r"x must have shape \(N, C, H, W\), got \(4, 5, 6\)"),
    ((X[:, :0], 1), {}, ValueError, "x must have at least one channel, row and column"),
    ((X, 0), {}, ValueError, "kernel_size must be at least 1, got 0"),
    ((X, (2, 2, 2)), {}, TypeError, r"kernel_size must be an int or a pair of ints, got \(2, 2"),
    ((X, 2), {"stride": 0}, ValueError, "stride must be at least 1, got 0"),
    ((X, 2), {"padding": -1}, ValueError, "padding must be at least 0, got -1"),
    ((X, 2), {"dilation": (1, 0)}, ValueError, "dilation must be at least 1, got 0"),
    ((X, 6), {}, ValueError, r"the kernel \(6, 6\) with dilation \(1, 1\) must fit"),
]

DEFAULTS = {"stride": 1, "padding": 0, "dilation": 1}
