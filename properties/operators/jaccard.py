"""jaccard: oracle, laws and mistakes; cases and most mistakes are shared with F1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from properties.case import Attributes, Case
from properties.mistakes import edit
from properties.operator import Arrays, Law, Pairs
from properties.operators._class_shares import (
    F1,
    IOU,
    LABELS,
    PERFECT,
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

OWN = "share(n.hits[c], either[c], empty)"
EACH = every(OWN)
EITHER = "either = n.predicted + n.actual - n.hits"


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    hits, predicted, actual = counts(tensors, at)
    return average(hits, predicted + actual - hits, actual, at)


def of_all(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Of all samples together, of which a share a is right, it is a / (2 - a)."""
    right = (inputs["pred"] == inputs["y"]).mean()
    yield "out", run(inputs)["out"], np.asarray(right / (2 - right))


MISTAKES = (
    edit("precision instead", "predictions alone are divided by", EACH, every(PRECISION)),
    edit("recall instead", "samples of the class alone are divided by", EACH, every(RECALL)),
    edit(
        "Dice instead",
        "twice the hits are divided by predictions and samples together (the F1 score)",
        EACH,
        every(F1),
    ),
    edit(
        "union counts hits twice",
        "hits are divided by predictions and samples of the class together",
        EITHER,
        "either = n.predicted + n.actual",
    ),
    edit(
        "union without the hits",
        "hits are divided by what is in one alone",
        EITHER,
        "either = n.predicted + n.actual - 2 * n.hits",
    ),
    edit(
        "divided by all samples",
        "hits are divided by N",
        EACH,
        every("share(n.hits[c], len(y), empty)"),
    ),
    edit(
        "one index for all samples",
        "all hits are divided by all samples in either, whatever class they are of",
        RESULT,
        "return np.asarray(share(n.hits.sum(), either.sum(), empty))",
    ),
    edit(
        "first class left out of the mean",
        "class 0 is taken for a background that does not count",
        RESULT,
        "return weighted_mean(each[1:] or each, weights[1:] if C > 1 else weights)",
    ),
    *(m for m in mistakes(OWN, "n.hits[c]", "either[c]") if m.name != IOU),
)


def micro(case: Case) -> bool:
    return case.attributes["average"] == "micro" and case.attributes["batch"] > 0


operator = class_shares(
    "jaccard",
    oracle,
    (
        SYMMETRY,
        Law(
            "all together", "of all samples it is accuracy / (2 - accuracy)", of_all, applies=micro
        ),
    ),
    MISTAKES,
    (*LABELS, PERFECT),
)
