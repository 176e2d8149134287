from __future__ import annotations

import numpy as np

X = np.ones((2, 3, 4, 5))
ORDER = ("brightness", "contrast", "saturation", "hue")

BAD = [
    (([1.0],), {}, TypeError, "x must be a floating-point NumPy array, got list"),
    ((X.astype(np.uint8),), {}, TypeError, "x must be .* got an array of uint8"),
    ((X[0, 0],), {}, ValueError, r"x must have shape \(\.\.\., C, H, W\), got \(4, 5\)"),
    ((X[:, :1],), {}, ValueError, r"x must have 3 channels .* got \(2, 1, 4, 5\)"),
    ((X,), {"brightness": -0.5}, ValueError, "brightness must be at least 0.*, got -0.5"),
    ((X,), {"contrast": "high"}, TypeError, "contrast must be a number, got 'high'"),
    ((X,), {"saturation": -1}, ValueError, "saturation must be at least 0.*, got -1"),
    ((X,), {"hue": 0.6}, ValueError, "hue must be from -0.5 to 0.5, got 0.6"),
    ((X,), {"hue": -90}, ValueError, "hue must be from -0.5 to 0.5, got -90"),
    ((X,), {"hue": None}, TypeError, "hue must be a number, got None"),
    ((X,), {"order": ORDER[:3]}, ValueError, "order must name each of .* once, got"),
    ((X,), {"order": (*ORDER, "hue")}, ValueError, "order must name each of .* once, got"),
    ((X,), {"order": (0, 1, 2, 3)}, ValueError, r"order must name .* got \(0, 1, 2, 3\)"),
    ((X,), {"order": "hue"}, ValueError, "order must name .* got 'hue'"),
]

DEFAULTS = {"brightness": 1.0, "contrast": 1.0, "saturation": 1.0, "hue": 0.0, "order": ORDER}
