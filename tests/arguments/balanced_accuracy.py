from __future__ import annotations

from tests.arguments import _labels
from tests.arguments._labels import GIVEN, IDS

BAD = [
    *_labels.BAD,
    ((IDS[:0], IDS[:0]), GIVEN, ValueError, r"y must hold at least one label, got shape \(0,\)"),
]

DEFAULTS: dict = {}
