from __future__ import annotations

import re

import numpy as np

W, B, SCALE, DONE = np.ones((2, 3)), np.ones(2), np.array(8.0), np.array(1)
BEFORE = np.array(-1)
ALL = (W, B, W, B, SCALE, DONE)

ROWS = [
    ((W, B, W[0], *ALL[3:]), {}, ValueError, "dw must have shape (2, 3), got (3,)"),
    ((W, B, W, W, SCALE, DONE), {}, ValueError, "db must have shape (2,), got (2, 3)"),
    ((W, 1, *ALL[2:]), {}, TypeError, "b must be a floating-point NumPy array, got int"),
    ((W, B, W, B, B, DONE), {}, ValueError, "scale must have shape (), got (2,)"),
    ((W, B, W, B, np.array(-8.0), DONE), {}, ValueError, "scale must be above 0, got -8.0"),
    ((W, B, W, B, SCALE, SCALE), {}, TypeError,
     "growth_tracker must be an integer NumPy array, got an array of float64"),
    ((W, B, W, B, SCALE, BEFORE), {}, ValueError, "growth_tracker must be at least 0, got -1"),
    ((W, B.astype(np.float32), W, B, SCALE, DONE), {}, TypeError,
     "b must have the dtype of w, float64, got float32"),
    (ALL, {"lr": "a"}, TypeError, "lr must be a number, got 'a'"),
    (ALL, {"growth_factor": 1}, ValueError, "growth_factor must be above 1, got 1"),
    (ALL, {"backoff_factor": 1.0}, ValueError, "backoff_factor must be between 0 and 1, got 1.0"),
    (ALL, {"growth_interval": 0}, ValueError, "growth_interval must be at least 1, got 0"),
    (ALL, {"max_norm": -1}, ValueError, "max_norm must be at least 0, got -1"),
]  # fmt: skip
BAD = [(given, options, error, re.escape(words)) for given, options, error, words in ROWS]

DEFAULTS = {
    "lr": 0.01,
    "growth_factor": 2.0,
    "backoff_factor": 0.5,
    "growth_interval": 2000,
    "max_norm": None,
}
