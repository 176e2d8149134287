"""top_k_accuracy: strategy over shapes, k and ties, oracle, laws and mistakes."""

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
from properties.operators._metrics import right_answers
from properties.values import Values

TIES = ("first", "right", "wrong")


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    classes = draw(domain.choice("classes", (3, 2, 4, 5, 1)))
    return {
        "batch": draw(domain.choice("batch", (1, 2, 3, 4, 5))),
        "classes": classes,
        "k": draw(
            domain.choice("k", (*range(1, classes), *range(1, classes), classes, classes + 2))
        ),
        "tied": draw(domain.boolean("tied")),
        "ties": draw(domain.choice("ties", TIES)),
        "right": right_answers(draw, domain, classes),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    """Scores, in which equal ones are there on purpose or not at all.

    Some, all or no answers are right with k = 1. Tied rows hold two different scores at most.
    """
    N, C = at["batch"], at["classes"]
    scores, y = values.spaced("scores", (N, C)), values.ids("y", (N,), C)
    if values.regime == "normal":
        scores = 1 + scores / 512  # so close that half precision makes ties
    if at["tied"]:
        taken = values.rng("taken").integers(0, min(C, 2), (N, C))
        scores = np.take_along_axis(scores, taken, axis=1)
    if at["right"] == "all":
        y = scores.argmax(axis=1)
    if at["right"] == "none":
        y = (scores.argmax(axis=1) + values.rng("y").integers(1, C, N)) % C
    return {"scores": scores, "y": y}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch

    scores, y = tensors["scores"], tensors["y"][:, None]
    k = min(at["k"], scores.shape[1])
    own = scores.gather(1, y)
    if at["ties"] == "first":
        best = torch.sort(scores, dim=1, descending=True, stable=True).indices[:, :k]
        right = (best == y).any(dim=1)
    elif at["ties"] == "right":
        right = (own >= torch.topk(scores, k, dim=1).values[:, -1:]).squeeze(1)
    else:
        right = (scores >= own).sum(dim=1) <= k
    return {"out": right.to(scores.dtype).mean()}


def increasing(run: Any, case: Case, inputs: Arrays) -> Pairs:
    rows = np.arange(1.0, len(inputs["scores"]) + 1)[:, None]
    yield "out", run(inputs | {"scores": 2 * inputs["scores"] - rows})["out"], run(inputs)["out"]


def relabelling(run: Any, case: Case, inputs: Arrays) -> Pairs:
    C = inputs["scores"].shape[1]
    turned = {"scores": inputs["scores"][:, ::-1].copy(), "y": C - 1 - inputs["y"]}
    yield "out", run(turned)["out"], run(inputs)["out"]


def order(run: Any, case: Case, inputs: Arrays) -> Pairs:
    yield (
        "out",
        run({name: a[::-1].copy() for name, a in inputs.items()})["out"],
        run(inputs)["out"],
    )


def whole(run: Any, case: Case, inputs: Arrays) -> Pairs:
    N, C = inputs["scores"].shape
    other = Values("normal", case.seed, 1).ids("y", (N,), C)
    yield "out", run(inputs | {"y": other})["out"], np.ones(())


def perfect(run: Any, case: Case, inputs: Arrays) -> Pairs:
    yield "out", run(inputs | {"y": inputs["scores"].argmax(axis=1)})["out"], np.ones(())


IMPORT = "from reference._metric_arguments import check_top_k_accuracy"
LATER = 'later = {"first": range(C), "right": np.arange(C) != y[n], "wrong": np.arange(C) == y[n]}'
ORDER = "order = sorted(range(C), key=lambda c: (-scores[n, c], later[ties][c]))"
HIT = "hits += y[n] in order[:k]"
RESULT = "return np.asarray(hits / N, scores.dtype)"

MISTAKES = (
    edit("percent", "the share is a percentage", RESULT, RESULT.replace("hits", "100 * hits")),
    edit(
        "count instead of share",
        "the hits are not divided by N",
        RESULT,
        RESULT.replace(" / N", " / 1"),
    ),
    edit(
        "divided by the classes",
        "the hits are divided by C, not by N",
        RESULT,
        RESULT.replace(" / N", " / C"),
    ),
    edit(
        "integer division",
        "the share is rounded down to 0 or 1",
        RESULT,
        RESULT.replace(" / N", " // N"),
    ),
    edit(
        "error instead of accuracy",
        "rows that are wrong are counted",
        HIT,
        "hits += y[n] not in order[:k]",
    ),
    edit(
        "k ignored",
        "a row is right only if y has the largest score",
        HIT,
        "hits += y[n] == order[0]",
    ),
    edit(
        "the k-th class only",
        "a row is right if y has the k-th largest score, no larger one",
        HIT,
        "hits += y[n] in order[k - 1 : k]",
    ),
    edit(
        "one class less",
        "y must be among the k - 1 largest scores",
        HIT,
        "hits += y[n] in order[: k - 1]",
    ),
    edit(
        "one class more",
        "y may be among the k + 1 largest scores",
        HIT,
        "hits += y[n] in order[: k + 1]",
    ),
    edit(
        "smallest scores",
        "the k classes with the smallest scores are taken",
        ORDER,
        ORDER.replace("(-scores", "(scores"),
    ),
    edit(
        "largest absolute values",
        "very negative scores count as large",
        ORDER,
        ORDER.replace("-scores[n, c]", "-abs(scores[n, c])"),
    ),
    edit(
        "largest over the batch",
        "the order of the rows in a column is taken for that of a row",
        ORDER,
        "order = sorted(range(N), key=lambda i: -scores[i, n % C])",
    ),
    edit("first k classes", "the scores are not sorted", ORDER, "order = list(range(C))"),
    edit(
        "k larger than the classes is no answer",
        "no row is right where there are fewer than k",
        HIT,
        "hits += y[n] in order[:k] and k <= C",
    ),
    edit(
        "last of equal scores wins",
        "of equal scores the later class comes first, as in a sorted row that is turned round",
        LATER,
        LATER.replace("range(C),", "-np.arange(C),"),
    ),
    edit(
        "ties ignored",
        "earlier classes win whatever `ties` says",
        ORDER,
        ORDER.replace("later[ties]", 'later["first"]'),
    ),
    edit(
        "ties right and wrong exchanged",
        "a tie hurts where it should not, and helps where it should not",
        ORDER,
        ORDER.replace("later[ties]", "later[EXCHANGED[ties]]"),
        IMPORT,
        IMPORT + '\n\nEXCHANGED = {"first": "first", "right": "wrong", "wrong": "right"}',
    ),
    edit(
        "overflow in exp",
        "scores go through a softmax that gives nan for large ones",
        ORDER,
        "e = np.exp(scores[n])\n        p = e / np.sum(e)\n        "
        + ORDER.replace("scores[n, c]", "p[c]"),
    ),
    edit(
        "compared in float16",
        "scores are rounded to half precision, which makes ties",
        ORDER,
        ORDER.replace("scores[n, c]", "np.float16(scores[n, c])"),
    ),
    edit("ids from 1 on", "the first class is taken for 1", HIT, "hits += y[n] - 1 in order[:k]"),
    edit(
        "scores changed in place",
        "the rows of the caller's scores are negated for sorting",
        ORDER,
        f"{ORDER}\n        scores[n] *= -1",
    ),
    edit(
        "result always float64",
        "float32 scores give a float64 share",
        RESULT,
        "return np.asarray(hits / N, np.float64)",
    ),
)

CORNERS: Corners = {
    "one class": lambda case: case.attributes["classes"] == 1,
    "one sample": lambda case: case.attributes["batch"] == 1,
    "k is the number of classes": lambda case: case.attributes["k"] == case.attributes["classes"],
    "k larger than the classes": lambda case: case.attributes["k"] > case.attributes["classes"],
    "equal scores": lambda case: case.attributes["tied"] and case.attributes["classes"] > 1,
    **each("ties", TIES),
    **each("right", ("some", "all", "none")),
}

operator = Operator(
    name="top_k_accuracy",
    source="torch.topk",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    regimes=("integers", "normal", "large", "offset"),
    laws=(
        Law("monotony", "scores doubled and moved row by row change nothing", increasing),
        Law(
            "relabelling",
            "classes renamed in scores and y alike, where no earlier class wins",
            relabelling,
            applies=lambda case: case.attributes["ties"] != "first" or not case.attributes["tied"],
        ),
        Law("order", "samples in another order change nothing", order),
        Law(
            "whole",
            "with k of C or more every row is right, whatever y is",
            whole,
            applies=lambda case: case.attributes["k"] >= case.attributes["classes"],
        ),
        Law(
            "perfect answers",
            "the classes with the largest scores are right",
            perfect,
            applies=lambda case: case.attributes["ties"] != "wrong" or not case.attributes["tied"],
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
