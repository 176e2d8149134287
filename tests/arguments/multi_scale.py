from __future__ import annotations

import numpy as np

X = np.ones((2, 3, 4, 5))
S = (0.5, 1.0, 2.0)

BAD = [
    (([1.0],), {"scales": S}, TypeError, "x must be a floating-point NumPy array, got list"),
    ((X[0, 0],), {"scales": S}, ValueError, r"x must have shape \(\.\.\., C, H, W\), got \(4, 5\)"),
    ((X,), {"scales": 0.5}, TypeError, r"scales must be three numbers, got 0\.5"),
    ((X,), {"scales": (0.5, 1.0)}, TypeError, r"scales must be three numbers, got \(0\.5, 1\.0\)"),
    ((X,), {"scales": (0.5, "2", 1)}, TypeError, r"scales\[1\] must be a number, got '2'"),
    ((X,), {"scales": (0.5, 2, 0)}, ValueError, r"scales\[2\] must be above 0 and finite, got 0"),
    ((X,), {"scales": S, "mode": "area"}, ValueError, "mode must be one of .* got 'area'"),
    ((X,), {"scales": S, "align_corners": 1}, TypeError, "align_corners must be a bool, got 1"),
]

DEFAULTS = {"mode": "bilinear", "align_corners": False}
