from __future__ import annotations

import numpy as np

G = np.ones((2, 3))
MAX = {"max_norm": 1.0}

BAD = [
    (([1.0], G, G), MAX, TypeError, "g1 must be a floating-point NumPy array, got list"),
    ((G, G + 0j, G), MAX, TypeError, "g2 must be real, got an array of complex128"),
    ((G, G, G.astype("f")), MAX, TypeError, "g3 must have the dtype of g1, float64, got float32"),
    ((G, G, G), {"max_norm": -1.0}, ValueError, "max_norm must be at least 0, got -1.0"),
    ((G, G, G), {"max_norm": "1"}, TypeError, "max_norm must be a number, got '1'"),
    ((G, G, G), {**MAX, "norm_type": 0}, ValueError, "norm_type must be above 0, got 0"),
    ((G, G, G), {**MAX, "norm_type": "two"}, TypeError, "norm_type must be a number, got 'two'"),
]

DEFAULTS = {"norm_type": 2.0}
