from __future__ import annotations

from tests.arguments._tensors import BAD as TENSORS
from tests.arguments._tensors import ROW

ONE = ((ROW,),)

BAD = [
    *TENSORS,
    (ONE, {"layers": "w"}, TypeError, "layers must be a tuple of names or None, got 'w'"),
    (ONE, {"layers": ("v",)}, ValueError, "layers must be layers of the model, got 'v'"),
    (ONE, {"frozen": 1}, TypeError, "frozen must be a bool, got 1"),
    (ONE, {"asked": None}, TypeError, "asked must be a bool, got None"),
]

DEFAULTS = {"layers": None, "frozen": True, "asked": True}
