from __future__ import annotations

import numpy as np

X = np.zeros((4, 5, 3), np.uint8)

BAD = [
    (([[0]],), {}, TypeError, "x must be a NumPy array of uint8, got list"),
    ((X / 255,), {}, TypeError, "x must be a NumPy array of uint8, got an array of float64"),
    ((X.astype(int),), {}, TypeError, "x must be a NumPy array of uint8, got an array of int64"),
    ((X[0, 0],), {}, ValueError, r"x must have shape \(H, W, C\) or \(H, W\), got \(3,\)"),
    ((X[None],), {}, ValueError, r"x must have shape .* got \(1, 4, 5, 3\)"),
    ((X,), {"dtype": "float16"}, ValueError, "dtype must be one of .* got 'float16'"),
    ((X,), {"dtype": np.float32}, ValueError, "dtype must be one of .* got <class 'numpy.float32'"),
]

DEFAULTS = {"dtype": "float32"}
