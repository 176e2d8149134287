from __future__ import annotations

import numpy as np

X, W = np.ones((2, 3, 4)), np.ones(3)

BAD = [
    (([1.0], W), {}, TypeError, "x must be a floating-point NumPy array, got list"),
    ((X, 0.25), {}, TypeError, "w must be a floating-point NumPy array, got float"),
    ((X, W.reshape(1, 3)), {}, ValueError, r"w must have shape \(C\), got \(1, 3\)"),
    ((X, W.astype(np.float32)), {}, TypeError, "w must have the dtype of x, float64, got float32"),
    ((X, np.ones(4)), {}, ValueError, r"w must have shape \(1,\) or \(3,\) for x .* got \(4,\)"),
    ((X, np.ones(2)), {}, ValueError, r"w must have shape \(1,\) or \(3,\) for x .* got \(2,\)"),
    ((np.ones(3), W), {}, ValueError, r"w must have shape \(1,\) for x \(3,\), got \(3,\)"),
    ((np.ones((3, 1)), W), {}, ValueError, r"w must have shape \(1,\) for x \(3, 1\), got \(3,\)"),
    ((np.ones((2, 3)), np.ones(0)), {}, ValueError, r"w must have shape .* got \(0,\)"),
]

DEFAULTS: dict = {}
