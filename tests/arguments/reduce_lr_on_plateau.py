from __future__ import annotations

import numpy as np

LR, X = np.ones(()), np.ones(3)
BAD = [
    ((np.ones(2), X), {}, ValueError, r"base_lr must have shape \(\), got \(2,\)"),
    ((LR, np.ones((2, 2))), {}, ValueError, r"metrics must have shape \(n\), got \(2, 2\)"),
    ((LR, X.astype(np.float32)), {}, TypeError, "metrics must have the dtype of base_lr"),
    ((LR, X * 1j), {}, TypeError, "metrics must be real, got an array of complex128"),
    ((LR, X), {"mode": "best"}, ValueError, r"mode must be one of \(.*\), got 'best'"),
    ((LR, X), {"threshold_mode": "x"}, ValueError, "threshold_mode must be one of"),
    ((LR, X), {"factor": 1}, ValueError, "factor must be below 1, got 1.0"),
    ((LR, X), {"factor": -1}, ValueError, "factor must be at least 0, got -1"),
    ((LR, X), {"threshold": 1}, ValueError, "threshold must be below 1, got 1.0"),
    ((LR, X), {"threshold": -1}, ValueError, "threshold must be at least 0, got -1"),
    ((LR, X), {"patience": 0.5}, TypeError, "patience must be an int, got 0.5"),
    ((LR, X), {"cooldown": -1}, ValueError, "cooldown must be at least 0, got -1"),
    ((LR, X), {"min_lr": -1}, ValueError, "min_lr must be at least 0, got -1"),
    ((LR, X), {"eps": -1}, ValueError, "eps must be at least 0, got -1"),
]
DEFAULTS = {
    "mode": "min",
    "factor": 0.1,
    "patience": 10,
    "threshold": 1e-4,
    "threshold_mode": "rel",
    "cooldown": 0,
    "min_lr": 0.0,
    "eps": 1e-8,
}
