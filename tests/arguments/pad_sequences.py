from __future__ import annotations

import numpy as np

T, N = np.arange(5), np.array([2, 0, 3])

BAD = [
    (([1, 2], N), {}, TypeError, "tokens must be a NumPy array of numbers, got list"),
    ((T > 2, N), {}, TypeError, "tokens must be a NumPy array of numbers, got an array of bool"),
    ((np.array(1), N), {}, ValueError, r"tokens must have at least one dimension, got \(\)"),
    ((T, [2, 3]), {}, TypeError, "lengths must be an integer NumPy array, got list"),
    ((T, N[None]), {}, ValueError, r"lengths must have shape \(N\), got \(1, 3\)"),
    ((T[:0], N[:0]), {}, ValueError, "lengths must hold at least one length, .* got"),
    ((T, N - 1), {}, ValueError, "lengths must hold .* none below 0, got"),
    ((T, N + 1), {}, ValueError, "lengths must add up to 5, the number of tokens, got 8"),
    ((T, N), {"padding_value": "pad"}, TypeError, "padding_value must be a number, got 'pad'"),
    ((T, N), {"padding_value": 0.5}, ValueError, "padding_value must be a whole .* got 0.5"),
    ((T, N), {"batch_first": 0}, TypeError, "batch_first must be a bool, got 0"),
    ((T, N), {"side": "both"}, ValueError, "side must be one of .* got 'both'"),
]

DEFAULTS = {"padding_value": 0, "batch_first": True, "side": "right"}
