from __future__ import annotations

import numpy as np

X, Y, W = np.ones((4, 2)), np.array([0, 1, 2, 0]), np.ones((2, 3))
GIVEN = (X, Y, X, Y, W)
AT = {"rates": (1.0, 0.1), "penalties": (0.0,), "steps": 2}

BAD = [
    (([1.0], Y, X, Y, W), AT, TypeError, "x must be a floating-point NumPy array, got list"),
    ((X, Y, X[:, :1], Y, W), AT, ValueError, r"x_val must have shape \(4, 2\), got \(4, 1\)"),
    ((X, Y[:3], X, Y, W), AT, ValueError, r"y must have shape \(4,\), got \(3,\)"),
    ((X, Y + 1, X, Y, W), AT, ValueError, "y must hold classes from 0 to 2, at least one"),
    ((X, Y, X, Y, W.astype("f")), AT, TypeError, "W must have the dtype of x"),
    (GIVEN, {**AT, "rates": ()}, ValueError, "rates must be a list of one number at least"),
    (GIVEN, {**AT, "rates": 1.0}, ValueError, "rates must be a list of one number at least"),
    (GIVEN, {**AT, "penalties": (-1.0,)}, ValueError, "penalties must be at least 0, got -1.0"),
    (GIVEN, {**AT, "steps": 0}, ValueError, "steps must be at least 1, got 0"),
    (GIVEN, {**AT, "ties": "any"}, ValueError, "ties must be one of first, last, got 'any'"),
]

DEFAULTS = {"ties": "first"}
