from __future__ import annotations

import numpy as np

X = np.ones((2, 3))
IDS = np.zeros(2, np.int64)

BAD = [
    (([1.0], IDS), {}, TypeError, "scores must be a floating-point NumPy array, got list"),
    ((np.array(1.0), IDS), {}, ValueError, r"scores must have shape \(..., V\), got \(\)"),
    ((X[:, :0], IDS), {}, ValueError, r"scores must have at least one class, got \(2, 0\)"),
    ((X, IDS[:1]), {}, ValueError, r"y must have shape \(2,\), got \(1,\)"),
    ((X, IDS * 1.0), {}, TypeError, "y must be an integer"),
    ((X, IDS - 1), {}, ValueError, "y must hold class ids from 0 to 2, got -1"),
    ((X, IDS + 3), {"ignore_index": -1}, ValueError, "y must hold class ids .* got 3"),
    ((X, IDS), {"ignore_index": 1.0}, TypeError, "ignore_index must be an int, got 1.0"),
    ((X, IDS), {"ignore_index": 0}, ValueError, r"y must hold an id .* got none in shape \(2,\)"),
    ((X[:0], IDS[:0]), {}, ValueError, r"y must hold an id that is not ignored, .* \(0,\)"),
]

DEFAULTS = {"ignore_index": None}
