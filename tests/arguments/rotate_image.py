from __future__ import annotations

import numpy as np

X = np.ones((2, 3, 4, 5))

BAD = [
    (([1.0],), {"angle": 90}, TypeError, "x must be a floating-point NumPy array, got list"),
    ((X[0, 0],), {"angle": 90}, ValueError, r"x must have shape \(\.\.\., C, H, W\), got \(4, 5\)"),
    ((X[..., :0],), {"angle": 90}, ValueError, r"x must have at least one row .* \(2, 3, 4, 0\)"),
    ((X,), {"angle": "90"}, TypeError, "angle must be a number, got '90'"),
    ((X,), {"angle": (-90, 90)}, TypeError, r"angle must be a number, got \(-90, 90\)"),
    ((X,), {"angle": float("nan")}, ValueError, "angle must be finite, got nan"),
    (
        (X,),
        {"angle": 9, "interpolation": "bicubic"},
        ValueError,
        "interpolation must be one of .* got 'bicubic'",
    ),
    ((X,), {"angle": 9, "expand": 1}, TypeError, "expand must be a bool, got 1"),
    ((X,), {"angle": 9, "center": 2.0}, TypeError, r"center must be None or a pair .* got 2\.0"),
    ((X,), {"angle": 9, "center": (1, 2, 3)}, TypeError, r"center must be .* got \(1, 2, 3\)"),
    ((X,), {"angle": 9, "center": (1, None)}, TypeError, "y of center must be a number, got None"),
    (
        (X,),
        {"angle": 9, "center": (1, 2), "expand": True},
        ValueError,
        r"center must be None with expand=True, got \(1, 2\)",
    ),
    ((X,), {"angle": 9, "fill": None}, TypeError, "fill must be a number, got None"),
]

DEFAULTS = {"interpolation": "nearest", "expand": False, "center": None, "fill": 0.0}
