from __future__ import annotations

import numpy as np

X = np.ones((2, 4, 5, 6))
W = np.ones((4, 4, 3, 3))
OFFSET = np.zeros((2, 18, 3, 4))
MASK = np.ones((2, 9, 3, 4))

BAD = [
    ((X, OFFSET[:, :5], W), {}, ValueError, "offset"),
    ((X, OFFSET, W), {"mask": MASK[:, :5]}, ValueError, "mask"),
]

DEFAULTS = {"b": None, "mask": None, "stride": 1, "padding": 0, "dilation": 1}
