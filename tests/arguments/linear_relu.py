from __future__ import annotations

import numpy as np

X = np.ones((3, 4))
W = np.ones((2, 4))

BAD = [
    ((X.tolist(), W), {}, TypeError, "x must be a floating-point NumPy array, got list"),
    ((X, W[0]), {}, ValueError, r"w must have shape \(out, in\), got \(4,\)"),
    ((X[:, :3], W), {}, ValueError, r"x must have shape \(..., 4\) .* got \(3, 3\)"),
    ((X, W, np.ones(4)), {}, ValueError, r"b must have shape \(2,\), got \(4,\)"),
    ((X, W.astype(np.float32)), {}, TypeError, "w must have the dtype of x"),
]

DEFAULTS = {"b": None}
