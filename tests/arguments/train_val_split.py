from __future__ import annotations

from tests.arguments import _samples
from tests.arguments._samples import X, Y

BAD = [
    *_samples.BAD,
    *_samples.BAD_FRACTIONS,
    ((X[:1], Y[:1]), {}, ValueError, r"x must hold at least 2 samples, got shape \(1, 3\)"),
    ((X, Y), {"shuffle": 1}, TypeError, "shuffle must be a bool, got 1"),
]

DEFAULTS = {"val_fraction": 0.2, "shuffle": True, "seed": None}
