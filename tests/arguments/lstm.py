from __future__ import annotations

import numpy as np

X, H, B = np.ones((2, 5, 3)), np.ones((2, 4)), np.ones(16)
WX, WH = np.ones((3, 16)), np.ones((4, 16))
FIVE = np.array([5, 5])

BAD = [
    ((X.astype(int), H, WX, WH, B), {}, TypeError, "x must be a floating-point NumPy array"),
    ((X[0], H, WX, WH, B), {}, ValueError, r"x must have shape \(N, T, D\)"),
    ((X[:, :0], H, WX, WH, B), {}, ValueError, r"x must have at least one step, got \(2, 0, 3\)"),
    ((X, H[None], WX, WH, B), {}, ValueError, r"h0 must have shape \(2, 4\)"),
    ((X, H, WX[:, :4], WH, B), {}, ValueError, r"Wx must have shape \(3, 16\)"),
    ((X, H, WX, WH[:, :4], B), {}, ValueError, r"Wh must have shape \(4, 16\)"),
    ((X, H, WX, WH, B[:4]), {}, ValueError, r"b must have shape \(16,\)"),
    ((X, H, WX, WH, B.astype(np.float32)), {}, TypeError, "b must have the dtype of x"),
    ((X, H, WX, WH, B), {"c0": H[:1]}, ValueError, r"c0 must have shape \(2, 4\)"),
    ((X, H, WX, WH, B), {"c0": 0.0}, TypeError, "c0 must be a floating-point NumPy array"),
    ((X, H, WX, WH, B), {"c0": H.astype("f4")}, TypeError, "c0 must have the dtype of x"),
    ((X, H, WX, WH, B), {"lengths": [5, 4]}, TypeError, "lengths must be an integer NumPy array"),
    ((X, H, WX, WH, B), {"lengths": FIVE[:1]}, ValueError, r"lengths must have shape \(2,\)"),
    ((X, H, WX, WH, B), {"lengths": FIVE - 5}, ValueError, "from 1 to 5, got 0"),
    ((X, H, WX, WH, B), {"lengths": FIVE + 1}, ValueError, "from 1 to 5, got 6"),
]

DEFAULTS = {"c0": None, "lengths": None}
