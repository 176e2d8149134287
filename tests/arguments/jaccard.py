from __future__ import annotations

from tests.arguments import _labels

BAD = [*_labels.BAD, *_labels.BAD_AVERAGES]

DEFAULTS = {"average": "macro", "zero_division": 0}
