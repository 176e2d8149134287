from __future__ import annotations

import numpy as np

X = np.ones((2, 4, 5, 6))

BAD = [
    (([1.0], 2), {}, TypeError, "x must be a floating-point NumPy array, got list"),
    ((X[0], 2), {}, ValueError, r"x must have shape \(N, C, H, W\)"),
    ((X[:, :0], 2), {}, ValueError, "x must have at least one channel"),
    ((X, 0), {}, ValueError, "kernel_size must be at least 1, got 0"),
    ((X, 2), {"stride": (1, 2, 3)}, TypeError, "stride must be an int or a pair"),
    ((X, 2), {"stride": 0}, ValueError, "stride must be at least 1, got 0"),
    ((X, 2), {"padding": -1}, ValueError, "padding must be at least 0, got -1"),
    ((X, 2), {"padding": 2}, ValueError, "padding must be at most half"),
    ((X, 2), {"ceil_mode": 1}, TypeError, "ceil_mode must be a bool"),
    ((X, 2), {"count_include_pad": None}, TypeError, "count_include_pad must be a bool"),
    ((X, 2), {"divisor_override": 2.0}, TypeError, "divisor_override must be an int, got 2.0"),
    ((X, 2), {"divisor_override": 0}, ValueError, "divisor_override must be at least 1, got 0"),
    ((X, 9), {}, ValueError, "must fit"),
]

DEFAULTS = {
    "stride": None,
    "padding": 0,
    "ceil_mode": False,
    "count_include_pad": True,
    "divisor_override": None,
}
