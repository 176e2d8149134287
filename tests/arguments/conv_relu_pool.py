from __future__ import annotations

import numpy as np

X = np.ones((2, 4, 5, 6))
W = np.ones((4, 4, 3, 3))
POOL = {"pool_kernel_size": 2}

BAD = [
    ((X.tolist(), W), POOL, TypeError, "x must be a floating-point NumPy array, got list"),
    ((X[0], W), POOL, ValueError, r"x must have shape \(N, C, H, W\), got \(4, 5, 6\)"),
    ((X, W.astype(np.float32)), POOL, TypeError, "w must have the dtype of x"),
    ((X, W, np.ones(3)), POOL, ValueError, r"b must have shape \(4,\), got \(3,\)"),
    ((X, W[:, :3]), POOL, ValueError, "x must have .* = 3 channels, got 4"),
    ((X, W), {"stride": 0, **POOL}, ValueError, "stride must be at least 1, got 0"),
    ((X, W), {"padding": -1, **POOL}, ValueError, "padding must be at least 0, got -1"),
    ((X[:, :, :2], W), POOL, ValueError, r"the kernel \(3, 3\) .* must fit"),
    ((X, W), {"pool_kernel_size": 0}, ValueError, "pool_kernel_size must be at least 1, got 0"),
    ((X, W), {"pool_kernel_size": "2"}, TypeError, "pool_kernel_size must be an int or a pair"),
    ((X, W), {"pool_stride": 0, **POOL}, ValueError, "pool_stride must be at least 1, got 0"),
    ((X, W), {"pool_kernel_size": (4, 2)}, ValueError, r"the kernel \(4, 2\) .* must fit"),
]

DEFAULTS = {"b": None, "stride": 1, "padding": 0, "pool_stride": None}
