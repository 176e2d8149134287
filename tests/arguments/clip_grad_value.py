from __future__ import annotations

import numpy as np

G = np.ones((2, 3))
BOUND = {"clip_value": 1.0}

BAD = [
    (([1.0], G, G), BOUND, TypeError, "g1 must be a floating-point NumPy array, got list"),
    ((G, G + 0j, G), BOUND, TypeError, "g2 must be real, got an array of complex128"),
    ((G, G, G.astype("f")), BOUND, TypeError, "g3 must have the dtype of g1, float64"),
    ((G, G, G), {"clip_value": -1.0}, ValueError, "clip_value must be at least 0, got -1.0"),
    ((G, G, G), {"clip_value": None}, TypeError, "clip_value must be a number, got None"),
]

DEFAULTS: dict = {}
