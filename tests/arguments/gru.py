from __future__ import annotations

import numpy as np

X, H, B = np.ones((2, 5, 3)), np.ones((2, 4)), np.ones(12)
WX, WH = np.ones((3, 12)), np.ones((4, 12))

BAD = [
    ((X.astype(int), H, WX, WH, B, B), {}, TypeError, "x must be a floating-point NumPy array"),
    ((X[0], H, WX, WH, B, B), {}, ValueError, r"x must have shape \(N, T, D\)"),
    ((X[:, :0], H, WX, WH, B, B), {}, ValueError, "x must have at least one step"),
    ((X, H[:1], WX, WH, B, B), {}, ValueError, r"h0 must have shape \(2, 4\)"),
    ((X, H, WX.T, WH, B, B), {}, ValueError, r"Wx must have shape \(3, 12\)"),
    ((X, H, WX, WH[:, :4], B, B), {}, ValueError, r"Wh must have shape \(4, 12\)"),
    ((X, H, WX, WH, B[:4], B), {}, ValueError, r"bx must have shape \(12,\)"),
    ((X, H, WX, WH, B, None), {}, TypeError, "bh must be a floating-point NumPy array"),
    ((X, H, WX, WH, B, B.astype(np.float32)), {}, TypeError, "bh must have the dtype of x"),
    ((X, H, WX, WH, B, B), {"lengths": [5, 4]}, TypeError, "lengths must be an integer NumPy"),
    ((X, H, WX, WH, B, B), {"lengths": np.array([5])}, ValueError, r"lengths must have shape"),
    ((X, H, WX, WH, B, B), {"lengths": np.array([5, 6])}, ValueError, "from 1 to 5, got 6"),
]

DEFAULTS = {"lengths": None}
