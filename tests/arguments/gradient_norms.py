from __future__ import annotations

import numpy as np

G = np.ones((2, 3))

BAD = [
    (([1.0], G, G), {}, TypeError, "g1 must be a floating-point NumPy array, got list"),
    ((G, G + 0j, G), {}, TypeError, "g2 must be real, got an array of complex128"),
    ((None, G, G.astype("f")), {}, TypeError, "g3 must have the dtype of g2, float64, got float32"),
    ((None, None, None), {}, ValueError, "g1, g2 or g3 must be a gradient, got None for each"),
    ((G, G[:0], G), {}, ValueError, r"g2 must hold at least one number, got shape \(0, 3\)"),
    ((G, G, G), {"names": ("w", "b")}, ValueError, r"names must be three names, got \('w', 'b'\)"),
    ((G, G, G), {"names": ("w", "b", "w")}, ValueError, "names must be three names"),
    ((G, G, G), {"statistic": "sum"}, ValueError, "statistic must be one of .* got 'sum'"),
    ((G, G, G), {"biases": 1}, TypeError, "biases must be a bool, got 1"),
]

DEFAULTS = {
    **{"g1": None, "g2": None, "g3": None, "statistic": "norm", "biases": True},
    "names": ("first.weight", "first.bias", "last.weight"),
}
