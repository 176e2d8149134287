from __future__ import annotations

from tests.arguments._tensors import BAD

__all__ = ["BAD"]

DEFAULTS = {"trainable": False}
