"""f1_score: oracle, laws and mistakes; cases are shared with precision and recall."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from properties.case import Attributes
from properties.mistakes import edit
from properties.operators._class_shares import (
    F1,
    PRECISION,
    RECALL,
    RESULT,
    SYMMETRY,
    average,
    class_shares,
    counts,
    every,
    mistakes,
)

EACH = every(F1)


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    hits, predicted, actual = counts(tensors, at)
    return average(2 * hits, predicted + actual, actual, at)


BOTH = f"p, r = [{PRECISION} for c in range(C)], [{RECALL} for c in range(C)]"
MEANS = "P, R = weighted_mean(p, weights), weighted_mean(r, weights)"


def of_both(of_class: str) -> str:
    """Lines that take precision p[c] and recall r[c] of each class, and of these a number."""
    return f"{BOTH}\n    each = [{of_class} for c in range(C)]"


MISTAKES = (
    edit("precision instead", "recall does not count", EACH, every(PRECISION)),
    edit("recall instead", "precision does not count", EACH, every(RECALL)),
    edit(
        "factor 2 forgotten",
        "hits are divided by predictions and samples of the class",
        EACH,
        every("share(n.hits[c], n.predicted[c] + n.actual[c], empty)"),
    ),
    edit(
        "arithmetic mean",
        "half of precision plus recall",
        EACH,
        of_both("(p[c] + r[c]) / 2"),
    ),
    edit(
        "geometric mean",
        "the root of precision times recall",
        EACH,
        of_both("(p[c] * r[c]) ** 0.5"),
    ),
    edit(
        "product of precision and recall",
        "it is not divided by their sum",
        EACH,
        of_both("2 * p[c] * r[c]"),
    ),
    edit(
        "product over sum without the factor 2",
        "precision times recall over their sum",
        EACH,
        of_both("share(p[c] * r[c], p[c] + r[c], empty)"),
    ),
    edit(
        "undefined where nothing is right",
        "where precision and recall are 0 the score is taken for 0 / 0",
        EACH,
        of_both("share(2 * p[c] * r[c], p[c] + r[c], empty)"),
    ),
    edit(
        "harmonic mean of the means",
        "precision and recall are averaged over the classes before they are combined",
        RESULT,
        f"{BOTH}\n    {MEANS}\n    return np.asarray(share(2 * P * R, P + R, empty))",
    ),
    edit(
        "F2 instead of F1",
        "recall counts four times as much as precision",
        EACH,
        every("share(5 * n.hits[c], n.predicted[c] + 4 * n.actual[c], empty)"),
    ),
    *mistakes(F1, "2 * n.hits[c]", "(n.predicted[c] + n.actual[c])"),
)

operator = class_shares(
    "f1_score",
    oracle,
    (SYMMETRY,),
    MISTAKES,
)
