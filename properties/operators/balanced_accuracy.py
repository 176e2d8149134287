"""balanced_accuracy: strategy over labels, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Law, Operator, Pairs
from properties.operators._class_shares import counts
from properties.operators._metrics import LABEL_CORNERS, labelled, labels, of_labels


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    return labels(draw, domain, fewest=1)


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    hits, _, actual = counts(tensors, at)
    return {"out": (hits / actual)[actual > 0].mean()}


def perfect(run: Any, case: Case, inputs: Arrays) -> Pairs:
    yield "out", run(inputs | {"pred": inputs["y"].copy()})["out"], np.ones(())


def frequency(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """The samples of one class three times."""
    y = inputs["y"]
    places = np.repeat(np.arange(len(y)), np.where(y == y[0], 3, 1))
    yield "out", run({n: ids[places] for n, ids in inputs.items()})["out"], run(inputs)["out"]


COUNTED = "n = counted(pred, y, C)"
RECALLS = "recalls = [n.hits[c] / n.actual[c] for c in range(C) if n.actual[c]]"
RESULT = "return np.asarray(sum(recalls) / len(recalls))"

MISTAKES = (
    edit(
        "accuracy",
        "every sample counts the same, so that frequent classes count more",
        RESULT,
        "return np.asarray(n.hits.sum() / len(y))",
    ),
    edit(
        "classes that do not occur counted",
        "a class without samples adds 0 to the mean",
        RESULT,
        "return np.asarray(sum(recalls) / C)",
    ),
    edit(
        "classes that do not occur counted as right",
        "a class without samples adds 1 to the mean",
        RESULT,
        "return np.asarray((sum(recalls) + C - len(recalls)) / C)",
    ),
    edit(
        "mean over the predicted classes",
        "classes that are never predicted are left out",
        RECALLS,
        RECALLS.replace("if n.actual[c]", "if n.actual[c] and n.predicted[c]") + " or [0.0]",
    ),
    edit(
        "mean over the classes in either",
        "a class that is predicted and does not occur adds 0 to the mean",
        RECALLS,
        "either = n.actual + n.predicted\n    "
        "recalls = [n.hits[c] / max(n.actual[c], 1) for c in range(C) if either[c]]",
    ),
    edit(
        "precision instead of recall",
        "hits are divided by how often a class is predicted",
        RECALLS,
        "recalls = [n.hits[c] / max(n.predicted[c], 1) for c in range(C) if n.actual[c]]",
    ),
    edit(
        "0 / 0 is nan",
        "a class without samples divides 0 by 0",
        RECALLS,
        "with np.errstate(invalid='ignore'):\n        recalls = list(n.hits / n.actual)",
    ),
    edit(
        "small constant in the denominator",
        "1e-7 is added so that nothing is divided by 0, which moves every result",
        RECALLS,
        RECALLS.replace("/ n.actual[c]", "/ (n.actual[c] + 1e-7)"),
    ),
    edit("percent", "the mean is a percentage", RESULT, RESULT.replace("sum", "100 * sum")),
    edit(
        "sum of recalls",
        "the recalls are not divided by their number",
        RESULT,
        "return np.asarray(sum(recalls))",
    ),
    edit(
        "integer division",
        "recalls are rounded down to 0 or 1",
        RECALLS,
        RECALLS.replace("] / ", "] // "),
    ),
    edit(
        "adjusted for chance",
        "0 is what guessing gives, as with scikit-learn's `adjusted`",
        RESULT,
        "chance = 1 / max(len(recalls), 2)\n    "
        "return np.asarray((sum(recalls) / len(recalls) - chance) / (1 - chance))",
    ),
    edit(
        "smallest recall", "the worst class alone counts", RESULT, "return np.asarray(min(recalls))"
    ),
    edit(
        "product of the recalls",
        "the geometric mean instead of the arithmetic one",
        RESULT,
        "return np.asarray(np.prod(recalls) ** (1 / len(recalls)))",
    ),
    edit(
        "first class left out",
        "class 0 is taken for the background",
        RECALLS,
        RECALLS.replace("range(C)", "range(1, C)") + " or [0.0]",
    ),
    edit(
        "predictions changed in place",
        "the caller's predictions are overwritten by the labels",
        COUNTED,
        f"{COUNTED}\n    pred[:] = y",
    ),
)

operator = Operator(
    name="balanced_accuracy",
    source="torch.bincount",
    attributes=attributes,
    inputs=labelled,
    oracle=oracle,
    regimes=("integers",),
    laws=(
        *of_labels(),
        Law("perfect answers", "right predictions give 1", perfect),
        Law("frequency", "how often a class occurs changes nothing", frequency),
    ),
    mistakes=MISTAKES,
    corners=LABEL_CORNERS,
)
