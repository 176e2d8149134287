"""zero_one_loss: strategy over shapes and shares of right answers, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs
from properties.operators._corners import each
from properties.values import Values


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    classes = draw(domain.choice("classes", (2, 3, 4, 5, 1)))
    right = ("some", "all", "none", "some", "some") if classes > 1 else ("some", "all")
    return {
        "batch": draw(domain.choice("batch", (1, 2, 3, 4, 5, 4, 5))),
        "classes": classes,
        "right": draw(domain.choice("right", right)),
        "reduction": draw(domain.choice("reduction", ("mean", "sum", "none", "mean"))),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    """Scores without ties, and ids some, all or none of which are at the largest score."""
    N, C = at["batch"], at["classes"]
    scores, y = values.spaced("scores", (N, C)), values.ids("y", (N,), C)
    if at["right"] == "all":
        y = scores.argmax(axis=1)
    if at["right"] == "some":
        y = np.where(values.rng("right").random(N) < 0.5, scores.argmax(axis=1), y)
    if at["right"] == "none":
        y = (scores.argmax(axis=1) + values.rng("y").integers(1, C, N)) % C
    return {"scores": scores, "y": y}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch

    scores = tensors["scores"]
    wrong = (torch.argmax(scores, dim=1) != tensors["y"]).to(scores.dtype)
    reduce = {"mean": torch.mean, "sum": torch.sum, "none": torch.clone}[at["reduction"]]
    return {"loss": reduce(wrong)}


def increasing(run: Any, case: Case, inputs: Arrays) -> Pairs:
    rows = np.arange(1.0, len(inputs["scores"]) + 1)[:, None]
    yield "loss", run(inputs | {"scores": 2 * inputs["scores"] - rows})["loss"], run(inputs)["loss"]


def relabelling(run: Any, case: Case, inputs: Arrays) -> Pairs:
    C = inputs["scores"].shape[1]
    turned = {"scores": inputs["scores"][:, ::-1].copy(), "y": C - 1 - inputs["y"]}
    yield "loss", run(turned)["loss"], run(inputs)["loss"]


BEST = "best = np.argmax(scores[n].real)"
LOSS = "losses[n] = 0 if best == y[n] else 1"
SUM = "loss = np.sum(losses)"
MEAN = "loss = loss / N if N else np.nan"
RESULT = "return np.asarray(loss, scores.dtype)"

MISTAKES = (
    edit(
        "accuracy instead of error",
        "right rows are counted",
        LOSS,
        "losses[n] = 1 if best == y[n] else 0",
    ),
    edit("percent", "the mean is a percentage", MEAN, f"{MEAN}\n        loss = 100 * loss"),
    edit("count instead of share", "the mean is not divided by N", MEAN, "loss = loss * 1"),
    edit(
        "share instead of count",
        "the sum is divided by N",
        SUM,
        f'{SUM}\n        loss = loss / (N if reduction == "sum" else 1)',
    ),
    edit(
        "divided by the classes",
        "the count is divided by C, not by N",
        MEAN,
        "loss = loss / scores.shape[1]",
    ),
    edit("integer division", "the share is rounded down to 0 or 1", MEAN, "loss = loss // N"),
    edit(
        "mean of one row less",
        "the count is divided by N - 1",
        MEAN,
        "loss = loss / max(N - 1, 1)",
    ),
    edit("smallest score", "the lowest score wins", BEST, "best = np.argmin(scores[n].real)"),
    edit(
        "largest absolute value",
        "a very negative score wins",
        BEST,
        "best = np.argmax(np.abs(scores[n]))",
    ),
    edit(
        "largest over the batch",
        "the row that is best for a class is taken for the class that is best for a row",
        BEST,
        "best = np.argmax(scores[:, n % scores.shape[1]].real)",
    ),
    edit(
        "place in the whole array",
        "the index of the largest score counts from the first row on",
        BEST,
        "best = n * scores.shape[1] + np.argmax(scores[n].real)",
    ),
    edit(
        "ids from 1 on",
        "the first class is taken for 1",
        LOSS,
        LOSS.replace("best ==", "best + 1 =="),
    ),
    edit(
        "score above 0",
        "a row is right if the score of y is positive",
        LOSS,
        "losses[n] = 0 if scores[n, y[n]].real > 0 else 1",
    ),
    edit(
        "either of the best two",
        "a row is right if y has one of the two largest scores",
        LOSS,
        "losses[n] = 0 if y[n] in np.argsort(scores[n].real)[-2:] else 1",
    ),
    edit(
        "overflow in exp",
        "scores go through a softmax that gives nan for large ones, and nan wins",
        BEST,
        "e = np.exp(scores[n])\n        best = np.argmax(e / np.sum(e))",
    ),
    edit(
        "compared in float16",
        "scores are rounded to half precision, which makes ties",
        BEST,
        "best = np.argmax(scores[n].astype(np.float16))",
    ),
    edit(
        "scores changed in place",
        "the largest score is subtracted in the caller's array",
        BEST,
        f"{BEST}\n        scores[n] -= scores[n, best]",
    ),
    edit(
        "result always float64",
        "float32 scores give a float64 loss",
        RESULT,
        "return np.asarray(loss, np.float64)",
    ),
)

CORNERS: Corners = {
    "one class": lambda case: case.attributes["classes"] == 1,
    "one sample": lambda case: case.attributes["batch"] == 1,
    "more samples than classes": lambda case: (
        case.attributes["batch"] > case.attributes["classes"] > 1
    ),
    **each("right", ("some", "all", "none")),
    **each("reduction", ("mean", "sum", "none")),
}

operator = Operator(
    name="zero_one_loss",
    source="torch.argmax",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("loss",),
    regimes=("integers", "normal", "large", "offset", "rows"),
    laws=(
        Law("monotony", "scores doubled and moved row by row change nothing", increasing),
        Law("relabelling", "classes renamed in scores and y alike", relabelling),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
