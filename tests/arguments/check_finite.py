from __future__ import annotations

import numpy as np

G = np.ones((2, 3))

BAD = [
    (([1.0], G, G), {}, TypeError, "g1 must be a floating-point NumPy array, got list"),
    ((G, G + 0j, G), {}, TypeError, "g2 must be real, got an array of complex128"),
    ((G, G, G.astype("f")), {}, TypeError, "g3 must have the dtype of g1, float64, got float32"),
    ((G, G, G), {"kind": "both"}, ValueError, "kind must be one of .* got 'both'"),
    ((G, G, G), {"limit": -1.0}, ValueError, "limit must be at least 0, got -1.0"),
    ((G, G, G), {"limit": "1"}, TypeError, "limit must be a number, got '1'"),
]

DEFAULTS = {"kind": "either", "limit": None}
