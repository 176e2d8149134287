from __future__ import annotations

from tests.arguments._samples import BAD as BAD

DEFAULTS = {"seed": None}
