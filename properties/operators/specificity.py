"""specificity: oracle, laws and mistakes; cases and most mistakes are shared with recall."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from properties.case import Attributes, Case
from properties.mistakes import edit
from properties.operator import Arrays, Law, Pairs
from properties.operators._class_shares import (
    LABELS,
    average,
    class_shares,
    counts,
    every,
    mistakes,
)

OWN = "share(passed[c], rest[c], empty)"
EACH = every(OWN)


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    hits, predicted, actual = counts(tensors, at)
    others = actual.sum() - actual
    return average(others - predicted + hits, others, actual, at)


def perfect(run: Any, case: Case, inputs: Arrays) -> Pairs:
    others = len(inputs["y"]) > np.bincount(inputs["y"], minlength=case.attributes["classes"])
    shares = np.where(others, 1.0, case.attributes["zero_division"])
    yield "out", run(inputs | {"pred": inputs["y"].copy()})["out"], shares


def two_classes(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Of two classes, it is the recall of the other one."""
    y, pred = inputs["y"], inputs["pred"]
    empty = case.attributes["zero_division"]
    recalls = [(pred[y == c] == c).mean() if (y == c).any() else empty for c in (1, 0)]
    yield "out", run(inputs)["out"], np.array(recalls, float)


MISTAKES = (
    edit(
        "recall instead",
        "hits are divided by the samples of the class",
        EACH,
        every("share(n.hits[c], n.actual[c], empty)"),
    ),
    edit(
        "precision of the other classes",
        "true negatives are divided by all that is not taken for the class",
        EACH,
        every("share(passed[c], len(y) - n.predicted[c], empty)"),
    ),
    edit(
        "divided by all samples",
        "true negatives are divided by N",
        EACH,
        every("share(passed[c], len(y), empty)"),
    ),
    edit(
        "false positive rate",
        "the share of other classes' samples that are taken for it is given",
        EACH,
        every("share(rest[c] - passed[c], rest[c], empty)"),
    ),
    edit(
        "diagonal for true negatives",
        "only samples that are right count as true negatives, not those confused elsewhere",
        EACH,
        every("share(n.hits.sum() - n.hits[c], rest[c], empty)"),
    ),
    edit(
        "false positives of the row",
        "the class's own misses are taken for false positives",
        EACH,
        every("share(rest[c] - (n.actual[c] - n.hits[c]), rest[c], empty)"),
    ),
    edit(
        "true negatives with the hits",
        "the class's own hits count as true negatives",
        EACH,
        every("share(passed[c] + n.hits[c], rest[c] + n.hits[c], empty)"),
    ),
    *mistakes(OWN, "passed[c]", "rest[c]"),
)

OF_EACH = (
    Law(
        "perfect answers",
        "right predictions give 1 for every class that others occur beside",
        perfect,
        applies=lambda case: case.attributes["average"] == "none",
    ),
    Law(
        "two classes",
        "of two classes it is the recall of the other one",
        two_classes,
        applies=lambda case: (
            case.attributes["average"] == "none" and case.attributes["classes"] == 2
        ),
    ),
)

operator = class_shares("specificity", oracle, OF_EACH, MISTAKES, LABELS)
