from __future__ import annotations

from tests.arguments import _boxes
from tests.arguments._boxes import BOXES

BAD = [
    *_boxes.BAD,
    ((BOXES, BOXES[:1]), {}, ValueError, r"boxes2 must have shape \(2, 4\), got \(1, 4\)"),
    ((BOXES[:0], BOXES[:0]), {}, ValueError, r"boxes1 must hold at least one box, got .*\(0, 4\)"),
]

DEFAULTS: dict = {}
