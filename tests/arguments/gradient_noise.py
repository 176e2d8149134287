from __future__ import annotations

import numpy as np

G = np.ones((2, 3))
GZ = (G,) * 6
AT = {"eta": 0.3, "gamma": 0.55, "t": 1}

BAD = [
    (([1.0], G, G, G, G, G), AT, TypeError, "g1 must be a floating-point NumPy array, got list"),
    ((G, G, G, G, G, G + 0j), AT, TypeError, "z3 must be real, got an array of complex128"),
    (
        (G, G, G, G, G.astype("f"), G),
        AT,
        TypeError,
        "z2 must have the dtype of g1, float64, got float32",
    ),
    ((G, G, G, G, G, G[:1]), AT, ValueError, r"z3 must have shape \(2, 3\), got \(1, 3\)"),
    (GZ, {**AT, "eta": -1.0}, ValueError, "eta must be at least 0, got -1.0"),
    (GZ, {**AT, "gamma": "1"}, TypeError, "gamma must be a number, got '1'"),
    (GZ, {**AT, "t": 0.5}, TypeError, "t must be an int, got 0.5"),
    (GZ, {**AT, "t": -1}, ValueError, "t must be at least 0, got -1"),
]

DEFAULTS: dict = {}
