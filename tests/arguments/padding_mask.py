from __future__ import annotations

import numpy as np

LENGTHS = np.array([2, 0, 3])

BAD = [
    (([2, 0, 3],), {}, TypeError, "lengths must be an integer NumPy array, got list"),
    ((LENGTHS * 1.0,), {}, TypeError, "lengths must be an integer .* array of float64"),
    ((LENGTHS[None],), {}, ValueError, r"lengths must have shape \(N\), got \(1, 3\)"),
    ((LENGTHS - 1,), {}, ValueError, "lengths must be at least 0, got -1"),
    ((LENGTHS, 2.0), {}, TypeError, "max_length must be an int, got 2.0"),
    ((LENGTHS, -1), {}, ValueError, "max_length must be at least 0, got -1"),
    ((LENGTHS,), {"marks": "pad"}, ValueError, "marks must be one of .* got 'pad'"),
]

DEFAULTS = {"max_length": None, "marks": "valid"}
