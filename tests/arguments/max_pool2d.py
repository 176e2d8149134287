from __future__ import annotations

import numpy as np

X = np.ones((2, 4, 5, 6))

BAD = [
    ((X, 0), {}, ValueError, "kernel_size must be at least 1, got 0"),
    ((X, 2), {"stride": 0}, ValueError, "stride must be at least 1, got 0"),
    ((X, 2), {"padding": -1}, ValueError, "padding must be at least 0, got -1"),
    ((X, 2), {"dilation": 0}, ValueError, "dilation must be at least 1, got 0"),
    ((X, 2), {"padding": 2}, ValueError, "padding must be at most half"),
    ((X, 9), {}, ValueError, r"must fit .* got size \(5, 6\) and padding \(0, 0\)"),
]

DEFAULTS = {"stride": None, "padding": 0, "dilation": 1, "ceil_mode": False}
