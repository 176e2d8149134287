from __future__ import annotations

from tests.arguments import _boxes

BAD = _boxes.BAD

DEFAULTS: dict = {}
