"""Precision, recall, F1 and their like: cases, the oracle's sums, laws, and shared mistakes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import Mistake, edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs
from properties.operators._corners import each
from properties.operators._metrics import LABEL_CORNERS, labelled, labels, of_labels

AVERAGES = ("macro", "none", "micro", "weighted")

COUNTED = "n = counted(pred, y, C)"
RECALL = "share(n.hits[c], n.actual[c], empty)"
PRECISION = "share(n.hits[c], n.predicted[c], empty)"
F1 = "share(2 * n.hits[c], n.predicted[c] + n.actual[c], empty)"
IOU = "intersection over union"
MICRO = 'if average == "micro":'
NONE = 'if average == "none":'
WEIGHTS = 'weights = n.actual if average == "weighted" else np.ones(C)'
RESULT = "return weighted_mean(each, weights)"


def every(share: str) -> str:
    """The line of the naive source in which a share is taken of each class."""
    return f"each = [{share} for c in range(C)]"


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    return {
        **labels(draw, domain),
        "average": draw(domain.choice("average", (*AVERAGES, "weighted", "micro"))),
        "zero_division": draw(domain.choice("zero_division", (0, 1, 1))),
    }


def counts(tensors: Mapping[str, Any], at: Attributes) -> tuple[Any, Any, Any]:
    """Of each class: hits, predictions and samples, as float64 tensors (C,)."""
    from torch.nn.functional import one_hot

    actual, predicted = (one_hot(tensors[n], at["classes"]).double() for n in ("y", "pred"))
    return (actual * predicted).sum(dim=0), predicted.sum(dim=0), actual.sum(dim=0)


def average(part: Any, whole: Any, actual: Any, at: Attributes) -> dict[str, Any]:
    """part / whole of each class, or an average of these: torch tensors (C,)."""
    import torch

    if at["average"] == "micro":
        part, whole = part.sum(), whole.sum()
    shares = torch.where(whole > 0, part / whole.clamp(min=1), float(at["zero_division"]))
    if at["average"] == "macro":
        return {"out": shares.mean()}
    if at["average"] == "weighted":
        samples = actual.sum()
        weighted = (shares * actual).sum() / samples.clamp(min=1)
        return {"out": torch.where(samples > 0, weighted, float(at["zero_division"]))}
    return {"out": shares}


def _perfect(run: Any, case: Case, inputs: Arrays) -> Pairs:
    there = np.bincount(inputs["y"], minlength=case.attributes["classes"]) > 0
    shares = np.where(there, 1.0, case.attributes["zero_division"])
    kind = case.attributes["average"]
    expected = shares if kind == "none" else shares.mean() if kind == "macro" else np.ones(())
    yield "out", run(inputs | {"pred": inputs["y"].copy()})["out"], np.asarray(expected)


def _accuracy(run: Any, case: Case, inputs: Arrays) -> Pairs:
    yield "out", run(inputs)["out"], np.asarray((inputs["pred"] == inputs["y"]).mean())


def _exchanged(run: Any, case: Case, inputs: Arrays) -> Pairs:
    turned = {"pred": inputs["y"], "y": inputs["pred"]}
    yield "out", run(turned)["out"], run(inputs)["out"]


def _turned(out: np.ndarray) -> np.ndarray:
    return out[::-1] if out.ndim else out


LABELS = of_labels(turned=_turned)
PERFECT = Law(
    "perfect answers",
    "right predictions give 1 for every class that occurs",
    _perfect,
    applies=lambda case: case.attributes["batch"] > 0,
)
SYMMETRY = Law(
    "symmetry",
    "pred and y exchanged change nothing",
    _exchanged,
    applies=lambda case: case.attributes["average"] != "weighted",
)
LAWS = (
    *LABELS,
    PERFECT,
    Law(
        "accuracy",
        "of all samples together it is the accuracy",
        _accuracy,
        applies=lambda case: case.attributes["average"] == "micro" and case.attributes["batch"] > 0,
    ),
)

CORNERS: Corners = {
    **LABEL_CORNERS,
    "no sample": lambda case: case.attributes["batch"] == 0,
    **each("average", AVERAGES),
    **each("zero_division", (0, 1)),
}


def mistakes(own: str, part: str, whole: str) -> tuple[Mistake, ...]:
    """Mistakes that all of them can have: `own` is the share of a class, part / whole."""
    line = every(own)
    return (
        edit(
            "micro for macro",
            "all samples are counted together whatever `average` says",
            MICRO,
            'if average != "none":',
        ),
        edit(
            "macro for micro",
            "the mean over the classes is given where all samples should count together",
            MICRO,
            "if False:",
        ),
        edit(
            "average ignored where it is none",
            "the mean over the classes is given instead of one number for each",
            NONE,
            "if False:",
        ),
        edit(
            "weights forgotten",
            "the weighted mean is that of all classes alike",
            WEIGHTS,
            "weights = np.ones(C)",
        ),
        edit(
            "macro mean weighted by the samples",
            "frequent classes count more in the mean over classes",
            WEIGHTS,
            "weights = n.actual",
        ),
        edit(
            "weights by predictions",
            "classes are weighted by how often they are predicted",
            WEIGHTS,
            WEIGHTS.replace("actual", "predicted"),
        ),
        edit(
            "weights not divided by their sum",
            "the weighted mean is a sum of shares times samples",
            RESULT,
            "return np.asarray(np.dot(each, weights))",
        ),
        edit(
            "classes that do not occur left out of the mean",
            "only classes in y count in the mean over classes",
            WEIGHTS,
            WEIGHTS.replace("np.ones(C)", "(n.actual > 0) * 1.0"),
        ),
        edit(
            "classes in neither pred nor y left out of the mean",
            "the mean is over the classes that occur, not over all",
            WEIGHTS,
            WEIGHTS.replace("np.ones(C)", "(n.actual + n.predicted > 0) * 1.0"),
        ),
        edit(
            "classes that score 0 left out of the mean",
            "a class that is never right is taken for one without an answer",
            WEIGHTS,
            WEIGHTS.replace("np.ones(C)", "(np.array(each) > 0) * 1.0"),
        ),
        edit(
            "0 / 0 always 0",
            "what is undefined counts as 0 whatever zero_division says",
            COUNTED,
            f"empty = 0.0\n    {COUNTED}",
        ),
        edit(
            "0 / 0 always 1",
            "what is undefined counts as 1 whatever zero_division says",
            COUNTED,
            f"empty = 1.0\n    {COUNTED}",
        ),
        edit(
            "0 / 0 is nan",
            "what is undefined is divided as it stands",
            COUNTED,
            f"empty = np.nan\n    {COUNTED}",
        ),
        edit(
            "small constant in the denominator",
            "1e-7 is added so that nothing is divided by 0, which moves every result",
            line,
            every(f"({part}) / ({whole} + 1e-7)"),
        ),
        edit(
            "percent",
            "the shares are percentages",
            RESULT,
            "return 100 * weighted_mean(each, weights)",
        ),
        edit(
            "integer division",
            "shares are rounded down to 0 or 1",
            line,
            every(f"({part}) // ({whole}) if {whole} else empty"),
        ),
        edit(
            "class 1 only",
            "the share of class 1 is given for the mean (binary code used for several classes)",
            RESULT,
            "return np.asarray(each[min(1, C - 1)])",
        ),
        edit(
            "accuracy",
            "the share of samples that are right is given for every class",
            line,
            every("share(n.hits.sum(), len(y), empty)"),
        ),
        edit(
            "true negatives counted as hits",
            "a sample that is rightly not taken for a class counts as right for it",
            line,
            every("share(len(y) - n.predicted[c] - n.actual[c] + 2 * n.hits[c], len(y), empty)"),
        ),
        edit(
            IOU,
            "hits are divided by the samples in either of y and pred",
            line,
            every("share(n.hits[c], n.predicted[c] + n.actual[c] - n.hits[c], empty)"),
        ),
        edit(
            "predictions changed in place",
            "the caller's predictions are overwritten by the labels",
            COUNTED,
            f"{COUNTED}\n    pred[:] = y",
        ),
    )


def class_shares(
    name: str,
    oracle: Callable[..., Any],
    laws: tuple[Law, ...],
    own: tuple[Mistake, ...],
    shared: tuple[Law, ...] = LAWS,
) -> Operator:
    return Operator(
        name=name,
        source="torch.bincount",
        attributes=attributes,
        inputs=labelled,
        oracle=oracle,
        regimes=("integers",),
        laws=(*shared, *laws),
        mistakes=own,
        corners=CORNERS,
    )
