from __future__ import annotations

import numpy as np

X, H, WX, WH, B = np.ones((2, 3)), np.ones((2, 4)), np.ones((3, 4)), np.ones((4, 4)), np.ones(4)

BAD = [
    (([1.0], H, WX, WH, B), {}, TypeError, "x must be a floating-point NumPy array, got list"),
    ((X[0], H, WX, WH, B), {}, ValueError, r"x must have shape \(N, D\)"),
    ((X, H[:1], WX, WH, B), {}, ValueError, r"prev_h must have shape \(2, 4\)"),
    ((X, H, WX.T, WH, B), {}, ValueError, r"Wx must have shape \(3, 4\)"),
    ((X, H, WX, WH[0], B), {}, ValueError, r"Wh must have shape \(H, G\*H\)"),
    ((X, H, WX, WH[:, :3], B), {}, ValueError, r"Wh must have shape \(4, 4\)"),
    ((X, H, WX, WH, B[:3]), {}, ValueError, r"b must have shape \(4,\)"),
    ((X, H, WX, WH, None), {}, TypeError, "b must be a floating-point NumPy array"),
    ((X, H.astype(np.float32), WX, WH, B), {}, TypeError, "prev_h must have the dtype of x"),
]

DEFAULTS: dict = {}
