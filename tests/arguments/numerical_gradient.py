from __future__ import annotations

import numpy as np

X = np.ones((2, 3))

BAD = [
    ((3, X), {}, TypeError, "f must be a function, got int"),
    ((np.sum, [1.0]), {}, TypeError, "x must be a floating-point NumPy array, got list"),
    ((np.sum, X + 0j), {}, TypeError, "x must be real, got an array of complex128"),
    ((np.exp, X, 1.0), {}, TypeError, "df must be a floating-point NumPy array, got float"),
    ((np.sum, X), {"h": 0.0}, ValueError, "h must be above 0, got 0.0"),
    ((np.sum, X), {"h": -1e-5}, ValueError, "h must be above 0, got -1e-05"),
    ((np.sum, X), {"h": "small"}, TypeError, "h must be a number, got 'small'"),
    ((np.exp, X), {}, ValueError, r"f\(x\) must have shape \(\), got \(2, 3\)"),
    ((np.exp, X, X[0]), {}, ValueError, r"f\(x\) must have shape \(3,\), got \(2, 3\)"),
]

DEFAULTS = {"df": None, "h": 1e-5}
