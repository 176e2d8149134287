from __future__ import annotations

from tests.arguments import adam

BAD = adam.BAD
DEFAULTS = {**adam.DEFAULTS, "weight_decay": 1e-2}
