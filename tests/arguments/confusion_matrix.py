from __future__ import annotations

from tests.arguments import _labels
from tests.arguments._labels import GIVEN, IDS

BAD = [
    *_labels.BAD,
    (
        (IDS, IDS),
        {**GIVEN, "normalize": "rows"},
        ValueError,
        "normalize must be one of .* got 'rows'",
    ),
    ((IDS, IDS), {**GIVEN, "normalize": True}, ValueError, "normalize must be one .* got True"),
]

DEFAULTS = {"normalize": None}
