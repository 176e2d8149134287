from __future__ import annotations

import numpy as np

X, H, C, B = np.ones((2, 3)), np.ones((2, 4)), np.ones((2, 4)), np.ones(16)
WX, WH = np.ones((3, 16)), np.ones((4, 16))

BAD = [
    (([1.0], H, C, WX, WH, B), {}, TypeError, "x must be a floating-point NumPy array, got list"),
    ((X[0], H, C, WX, WH, B), {}, ValueError, r"x must have shape \(N, D\)"),
    ((X, H[:1], C, WX, WH, B), {}, ValueError, r"prev_h must have shape \(2, 4\)"),
    ((X, H, C[:, :3], WX, WH, B), {}, ValueError, r"prev_c must have shape \(2, 4\)"),
    ((X, H, None, WX, WH, B), {}, TypeError, "prev_c must be a floating-point NumPy array"),
    ((X, H, C, WX[:, :4], WH, B), {}, ValueError, r"Wx must have shape \(3, 16\)"),
    ((X, H, C, WX, WH[:, :4], B), {}, ValueError, r"Wh must have shape \(4, 16\)"),
    ((X, H, C, WX, WH[0], B), {}, ValueError, r"Wh must have shape \(H, G\*H\)"),
    ((X, H, C, WX, WH, B[:4]), {}, ValueError, r"b must have shape \(16,\)"),
    ((X, H, C.astype(np.float32), WX, WH, B), {}, TypeError, "prev_c must have the dtype of x"),
]

DEFAULTS: dict = {}
