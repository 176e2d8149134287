from __future__ import annotations

import numpy as np

X = np.ones((2, 3, 4, 5))

BAD = [
    (([1.0],), {"size": 2}, TypeError, "x must be a floating-point NumPy array, got list"),
    ((X[0, 0],), {"size": 2}, ValueError, r"x must have shape \(\.\.\., C, H, W\), got \(4, 5\)"),
    ((X[..., :0],), {"size": 2}, ValueError, r"x must have at least one row .* \(2, 3, 4, 0\)"),
    ((X,), {"size": 0.5}, TypeError, r"size must be an int or a pair of ints, got 0\.5"),
    ((X,), {"size": (3, 0)}, ValueError, "size must be at least 1, got 0"),
    ((X,), {"size": 2, "mode": "area"}, ValueError, "mode must be one of .* got 'area'"),
    ((X,), {"size": 2, "align_corners": None}, TypeError, "align_corners must be a bool, got None"),
    (
        (X,),
        {"size": 2, "mode": "nearest", "align_corners": True},
        ValueError,
        "align_corners must be False in mode 'nearest', got True",
    ),
]

DEFAULTS = {"mode": "bilinear", "align_corners": False}
