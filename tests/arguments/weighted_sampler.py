from __future__ import annotations

import numpy as np

W = np.array([1.0, 0.0, 3.0])
TWO, ALL = {"num_samples": 2}, {"num_samples": 3, "replacement": False}

BAD = [
    (([1.0],), TWO, TypeError, "weights must be a floating-point NumPy array, got list"),
    ((W[None],), TWO, ValueError, r"weights must have shape \(N\), got \(1, 3\)"),
    ((-W,), TWO, ValueError, "weights must be finite and at least 0, got -1.0"),
    ((W + np.inf,), TWO, ValueError, "weights must be finite and at least 0, got inf"),
    ((W * np.nan,), TWO, ValueError, "weights must be finite and at least 0, got nan"),
    ((W * 0,), TWO, ValueError, "weights must have one above 0, got none"),
    ((W[:0],), TWO, ValueError, "weights must have one above 0, got none"),
    ((W,), ALL, ValueError, "num_samples must be at most 2 without replacement, .* got 3"),
    ((W,), {"num_samples": -1}, ValueError, "num_samples must be at least 0, got -1"),
    ((W,), {"num_samples": 2.0}, TypeError, "num_samples must be an int, got 2.0"),
    ((W,), {**TWO, "replacement": 1}, TypeError, "replacement must be a bool, got 1"),
    ((W,), {**TWO, "seed": -1}, ValueError, "seed must be at least 0, got -1"),
]

DEFAULTS = {"replacement": True, "seed": None}
