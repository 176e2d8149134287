"""What metrics of class ids share: cases with predictions and labels, and laws."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.operator import Arrays, Corners, Law, Pairs
from properties.operators._corners import each
from properties.values import Values

RIGHT = ("some", "all", "none")
ABSENT = ("any", "y", "pred", "both", "never")


def right_answers(draw: DrawFn, domain: Domain, classes: int) -> str:
    """How many answers are right; of one class none can be wrong."""
    return draw(domain.choice("right", ("some", *RIGHT, "some") if classes > 1 else RIGHT[:2]))


def labels(draw: DrawFn, domain: Domain, fewest: int = 0) -> dict[str, Any]:
    """Samples, classes, and which class does not occur: in y, in pred, in both; or all occur."""
    classes = draw(domain.choice("classes", (2, 3, 4, 3, 1)))
    absent = draw(domain.choice("absent", ABSENT if classes > 1 else ("any", "never")))
    batch = draw(domain.choice("batch", tuple(n for n in (2, 3, 4, 5, 6, 7, 1, 0) if n >= fewest)))
    return {
        "batch": max(batch, classes) if absent == "never" else batch,
        "classes": classes,
        "right": right_answers(draw, domain, classes),
        "absent": absent,
    }


def labelled(at: Attributes, values: Values) -> Arrays:
    """Predictions and labels; a class that may not occur gives its samples to the next one."""
    N, C, absent = at["batch"], at["classes"], at["absent"]
    y, gone = values.ids("y", (N,), C), int(values.rng("gone").integers(C))
    if absent == "never":
        y[_places(at, values)] = np.arange(C)
    if absent in ("y", "both"):
        y[y == gone] = (gone + 1) % C
    return {"pred": _predicted(at, values, y, gone), "y": y}


def _places(at: Attributes, values: Values) -> np.ndarray:
    """A sample of each class."""
    return values.rng("places").permutation(at["batch"])[: at["classes"]]


def _predicted(at: Attributes, values: Values, y: np.ndarray, gone: int) -> np.ndarray:
    """Predictions; where every class occurs, some answers are right for each, all, or none."""
    N, C, absent = at["batch"], at["classes"], at["absent"]
    if at["right"] == "all":
        return y.copy()
    if at["right"] == "none":
        shifts = values.rng("pred").integers(1, C, 1 if absent == "never" else N)
        return (y + shifts) % C
    pred = np.where(values.rng("known").random(N) < 0.4, y, values.ids("pred", (N,), C))
    if absent == "never":
        places = _places(at, values)
        pred[places] = y[places]
    if absent in ("pred", "both"):
        pred[pred == gone] = (gone + 1) % C
    return pred


LABEL_CORNERS: Corners = {
    "one class": lambda case: case.attributes["classes"] == 1,
    "one sample": lambda case: case.attributes["batch"] == 1,
    "more classes than samples": lambda case: case.attributes["classes"] > case.attributes["batch"],
    **each("right", RIGHT),
    **each("absent", ABSENT),
}


def of_labels(
    turned: Callable[[np.ndarray], np.ndarray] = lambda out: out,
    twice: Callable[[Attributes], int] = lambda at: 1,
) -> tuple[Law, ...]:
    """Laws of predictions and labels.

    turned: the result where class c is called C - 1 - c. twice: the factor where each sample
    occurs twice.
    """

    def relabelling(run: Any, case: Case, inputs: Arrays) -> Pairs:
        last = case.attributes["classes"] - 1
        renamed = {name: last - ids for name, ids in inputs.items()}
        yield "out", run(renamed)["out"], turned(run(inputs)["out"])

    def order(run: Any, case: Case, inputs: Arrays) -> Pairs:
        places = Values("normal", case.seed, 1).rng("order").permutation(len(inputs["y"]))
        yield "out", run({n: ids[places] for n, ids in inputs.items()})["out"], run(inputs)["out"]

    def repetition(run: Any, case: Case, inputs: Arrays) -> Pairs:
        doubled = {name: np.tile(ids, 2) for name, ids in inputs.items()}
        yield "out", run(doubled)["out"], np.asarray(twice(case.attributes) * run(inputs)["out"])

    return (
        Law("relabelling", "classes renamed in pred and y alike", relabelling),
        Law("order", "samples in another order change nothing", order),
        Law("repetition", "samples that occur twice", repetition),
    )
