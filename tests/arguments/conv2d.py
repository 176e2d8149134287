from __future__ import annotations

import numpy as np

X = np.ones((2, 4, 5, 6))
W = np.ones((4, 4, 3, 3))
B = np.ones(4)
C = np.ones(4)

BAD = [
    ((X[0], W), {}, ValueError, r"x must have shape \(N, C, H, W\), got \(4, 5"),
    ((X.tolist(), W), {}, TypeError, "x must be a floating-point .* got list"),
    ((X.astype(int), W), {}, TypeError, "x must be a floating-point .* int64"),
    ((X, W.astype(np.float32)), {}, TypeError, "w must have the dtype of x"),
    ((X, W[:, :3]), {}, ValueError, "x must have .* = 3 channels, got 4"),
    ((X, W, B[:3]), {}, ValueError, r"b must have shape \(4,\), got \(3,\)"),
    ((X, W), {"stride": 0}, ValueError, "stride must be at least 1, got 0"),
    ((X, W), {"stride": 1.5}, TypeError, "stride must be .*, got 1.5"),
    ((X, W), {"stride": (1, 2, 3)}, TypeError, "stride must be .* pair"),
    ((X, W), {"padding": -1}, ValueError, "padding must be at least 0, got -1"),
    ((X, W), {"padding": "full"}, TypeError, "padding must be .* got 'full'"),
    ((X, W), {"padding": "same", "stride": 2}, ValueError, "needs stride 1"),
    ((X, W), {"dilation": 0}, ValueError, "dilation must be at least 1, got 0"),
    ((X, W), {"dilation": 9}, ValueError, "the kernel .* must fit"),
    ((X, W), {"groups": 0}, ValueError, "groups must be at least 1, got 0"),
    ((X, W), {"groups": 3}, ValueError, "= 12 channels, got 4"),
    ((X, W), {"groups": True}, TypeError, "groups must be an int, got True"),
]

DEFAULTS = {"b": None, "stride": 1, "padding": 0, "dilation": 1, "groups": 1}
