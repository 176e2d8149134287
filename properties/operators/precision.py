"""precision: oracle, laws and mistakes; cases and most mistakes are shared with recall and F1."""

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

EACH = every(PRECISION)


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    hits, predicted, actual = counts(tensors, at)
    return average(hits, predicted, actual, at)


MISTAKES = (
    edit("recall instead", "hits are divided by the samples of the class", EACH, every(RECALL)),
    edit(
        "divided by all samples",
        "hits are divided by N, not by how often the class is predicted",
        EACH,
        every("share(n.hits[c], len(y), empty)"),
    ),
    edit(
        "false positives alone in the denominator",
        "hits are divided by the samples wrongly taken for the class",
        EACH,
        every("share(n.hits[c], n.predicted[c] - n.hits[c], empty)"),
    ),
    edit(
        "false discoveries",
        "the share that is wrong is given",
        EACH,
        every("share(n.predicted[c] - n.hits[c], n.predicted[c], empty)"),
    ),
    *mistakes(PRECISION, "n.hits[c]", "n.predicted[c]"),
)

operator = class_shares("precision", oracle, (), MISTAKES)
