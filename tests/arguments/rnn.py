from __future__ import annotations

import numpy as np

X, H, B = np.ones((2, 5, 3)), np.ones((2, 4)), np.ones(4)
WX, WH = np.ones((3, 4)), np.ones((4, 4))

BAD = [
    ((X.astype(int), H, WX, WH, B), {}, TypeError, "x must be a floating-point NumPy array"),
    ((X[0], H, WX, WH, B), {}, ValueError, r"x must have shape \(N, T, D\)"),
    ((X[:, :0], H, WX, WH, B), {}, ValueError, r"x must have at least one step, got \(2, 0, 3\)"),
    ((X, H[None], WX, WH, B), {}, ValueError, r"h0 must have shape \(2, 4\)"),
    ((X, H, WX.T, WH, B), {}, ValueError, r"Wx must have shape \(3, 4\)"),
    ((X, H, WX, WH[:, :3], B), {}, ValueError, r"Wh must have shape \(4, 4\)"),
    ((X, H, WX, WH, B[:3]), {}, ValueError, r"b must have shape \(4,\)"),
    ((X, H, WX, WH, B.astype(np.float32)), {}, TypeError, "b must have the dtype of x"),
    ((X, H, WX, WH, B), {"lengths": [5, 4]}, TypeError, "lengths must be an integer NumPy array"),
    ((X, H, WX, WH, B), {"lengths": B[:2]}, TypeError, "lengths must be an integer NumPy array"),
    ((X, H, WX, WH, B), {"lengths": np.array([5])}, ValueError, r"lengths must have shape \(2,\)"),
    ((X, H, WX, WH, B), {"lengths": np.array([0, 5])}, ValueError, "from 1 to 5, got 0"),
    ((X, H, WX, WH, B), {"lengths": np.array([7, 9])}, ValueError, "from 1 to 5, got 7"),
    ((X, H, WX, WH, B), {"lengths": np.array([5, 6])}, ValueError, "from 1 to 5, got 6"),
]

DEFAULTS = {"lengths": None}
