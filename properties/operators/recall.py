"""recall: oracle and mistakes; cases and most mistakes are shared with precision and F1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from properties.case import Attributes
from properties.mistakes import edit
from properties.operators._class_shares import (
    PRECISION,
    RECALL,
    average,
    class_shares,
    counts,
    every,
    mistakes,
)

EACH = every(RECALL)


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    hits, _, actual = counts(tensors, at)
    return average(hits, actual, actual, at)


MISTAKES = (
    edit(
        "precision instead",
        "hits are divided by how often the class is predicted",
        EACH,
        every(PRECISION),
    ),
    edit(
        "divided by all samples",
        "hits are divided by N, not by the samples of the class",
        EACH,
        every("share(n.hits[c], len(y), empty)"),
    ),
    edit(
        "misses instead of hits",
        "the share that is wrong is given",
        EACH,
        every("share(n.actual[c] - n.hits[c], n.actual[c], empty)"),
    ),
    edit(
        "specificity",
        "the share of other classes' samples that are not taken for it is given",
        EACH,
        every(
            "share(len(y) - n.actual[c] - n.predicted[c] + n.hits[c], len(y) - n.actual[c], empty)"
        ),
    ),
    *mistakes(RECALL, "n.hits[c]", "n.actual[c]"),
)

operator = class_shares("recall", oracle, (), MISTAKES)
