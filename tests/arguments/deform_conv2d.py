from __future__ import annotations

import numpy as np

X = np.ones((2, 4, 5, 6))
W = np.ones((4, 4, 3, 3))
OFFSET = np.zeros((2, 18, 3, 4))
B = np.ones(4)
MASK = np.ones((2, 9, 3, 4))

BAD = [
    ((X[0], OFFSET, W), {}, ValueError, r"x must have shape \(N, C, H, W\), got \(4, 5, 6\)"),
    ((X, OFFSET, W[0]), {}, ValueError, r"w must have shape \(F, C/groups, KH, KW\)"),
    ((X, OFFSET, W[:, :0]), {}, ValueError, r"w must have channels and taps, got shape \(4, 0"),
    ((X, OFFSET, W[..., :0]), {}, ValueError, r"channels and taps, got shape \(4, 4, 3, 0\)"),
    ((X, OFFSET, W[:, :3]), {}, ValueError, r"w.shape\[1\] = 3 channels, got 4"),
    ((X[:, :0], OFFSET, W), {}, ValueError, r"w.shape\[1\] = 4 channels, got 0"),
    ((X, OFFSET, W[:3, :2, :, :2]), {}, ValueError, r"a multiple of 2 filters \(groups\), got 3"),
    ((X, OFFSET, W, B[:3]), {}, ValueError, r"b must have shape \(4,\), got \(3,\)"),
    ((X, OFFSET, W.astype(np.float32)), {}, TypeError, "w must have the dtype of x"),
    ((X, OFFSET[:, :5], W), {}, ValueError, "offset .* KH \\* KW = 18 channels, got 5"),
    ((X, np.zeros((2, 27, 3, 4)), W), {}, ValueError, "offset .* = 18 channels, got 27"),
    ((X, OFFSET[:, :0], W), {}, ValueError, "offset .* = 18 channels, got 0"),
    ((X, OFFSET.repeat(3, axis=1), W), {}, ValueError, "divide the 4 channels of x, got 3 groups"),
    ((X, OFFSET[..., :3], W), {}, ValueError, r"offset must have shape \(2, 18, 3, 4\), got"),
    ((X, OFFSET, W), {"mask": MASK[:, :5]}, ValueError, r"mask must have shape \(2, 9, 3, 4\)"),
    ((X, OFFSET, W), {"mask": MASK[0]}, ValueError, r"mask must have shape \(N, G\*KH\*KW, OH, OW"),
    ((X, OFFSET, W), {"stride": 0}, ValueError, "stride must be at least 1, got 0"),
    ((X, OFFSET, W), {"padding": -1}, ValueError, "padding must be at least 0, got -1"),
    ((X, OFFSET, W), {"dilation": 0}, ValueError, "dilation must be at least 1, got 0"),
    ((X, OFFSET, W), {"dilation": 9}, ValueError, "the kernel .* must fit"),
]

DEFAULTS = {"b": None, "mask": None, "stride": 1, "padding": 0, "dilation": 1}
