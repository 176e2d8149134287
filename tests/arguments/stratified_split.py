from __future__ import annotations

from tests.arguments import _samples

BAD = [*_samples.BAD, *_samples.BAD_FRACTIONS]

DEFAULTS = {"val_fraction": 0.2, "seed": None}
