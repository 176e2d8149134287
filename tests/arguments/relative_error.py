from __future__ import annotations

import numpy as np

X = np.ones((2, 3))

BAD = [
    (([1.0], X), {}, TypeError, "x must be a floating-point NumPy array, got list"),
    ((X, X + 0j), {}, TypeError, "y must be real, got an array of complex128"),
    ((X, X[0]), {}, ValueError, r"y must have shape \(2, 3\), got \(3,\)"),
    ((X, X.astype("f")), {}, TypeError, "y must have the dtype of x, float64, got float32"),
    ((X[:0], X[:0]), {}, ValueError, r"x must have at least one element, got shape \(0, 3\)"),
    ((X, X), {"floor": -1e-8}, ValueError, "floor must be at least 0, got -1e-08"),
    ((X, X), {"floor": None}, TypeError, "floor must be a number, got None"),
    ((X, X), {"over": "rows"}, ValueError, r"over must be one of \('elements', .* got 'rows'"),
]

DEFAULTS = {"floor": 1e-8, "over": "elements"}
