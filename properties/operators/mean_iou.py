"""mean_iou: strategy over numbers of boxes and how they meet, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Law, Operator, Pairs
from properties.operators import _boxes
from properties.values import Values


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    return {
        "batch": draw(domain.choice("batch", (1, 2, 3, 4))),
        "meeting": draw(domain.choice("meeting", ("any", *_boxes.MEETING))),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    return _boxes.two_arrays(at, values, at["batch"], at["batch"])


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torchvision.ops import box_iou

    return {"out": box_iou(tensors["boxes1"], tensors["boxes2"]).diagonal().mean()}


def itself(run: Any, case: Case, inputs: Arrays) -> Pairs:
    yield "out", run(inputs | {"boxes2": inputs["boxes1"].copy()})["out"], np.ones(())


def order(run: Any, case: Case, inputs: Arrays) -> Pairs:
    turned = {name: boxes[::-1].copy() for name, boxes in inputs.items()}
    yield "out", run(turned)["out"], run(inputs)["out"]


def repetition(run: Any, case: Case, inputs: Arrays) -> Pairs:
    doubled = {name: np.tile(boxes, (2, 1)) for name, boxes in inputs.items()}
    yield "out", run(doubled)["out"], run(inputs)["out"]


PAIRS = "zip(boxes1, boxes2, strict=True)"
START = "ious = []"
RESULT = "return np.asarray(sum(ious) / len(ious), boxes1.dtype)"

MISTAKES = (
    *_boxes.mistakes("check_mean_iou(boxes1, boxes2)"),
    edit(
        "sum instead of mean",
        "shares are not divided by the number of pairs",
        RESULT,
        RESULT.replace(" / len(ious)", ""),
    ),
    edit(
        "mean over pairs that meet",
        "pairs that share nothing are left out",
        RESULT,
        RESULT.replace("len(ious)", "max(np.count_nonzero(ious), 1)"),
    ),
    edit(
        "mean over all boxes",
        "every box of one is compared with every box of the other",
        PAIRS,
        "((a, b) for a in boxes1 for b in boxes2)",
    ),
    edit(
        "shares of the whole",
        "all that is shared is divided by all that is covered, so that large boxes count more",
        START,
        "areas = []\n    ious = []",
        _boxes.UNION,
        f"{_boxes.UNION}\n        areas.append((shared, union))",
        RESULT,
        "return np.asarray(np.divide(*np.sum(areas, axis=0)), boxes1.dtype)",
    ),
    edit(
        "largest share",
        "the best pair alone counts",
        RESULT,
        "return np.asarray(max(ious), boxes1.dtype)",
    ),
    edit(
        "smallest share",
        "the worst pair alone counts",
        RESULT,
        "return np.asarray(min(ious), boxes1.dtype)",
    ),
    edit(
        "median",
        "the pair in the middle counts",
        RESULT,
        "return np.asarray(np.median(ious), boxes1.dtype)",
    ),
    edit(
        "one for each pair",
        "the shares are not averaged",
        RESULT,
        "return np.asarray(ious, boxes1.dtype)",
    ),
    edit(
        "result always float64",
        "float32 boxes give a float64 mean",
        RESULT,
        "return np.asarray(sum(ious) / len(ious), np.float64)",
    ),
)

operator = Operator(
    name="mean_iou",
    source="torchvision.ops.box_iou",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    regimes=_boxes.REGIMES,
    laws=(
        *_boxes.laws("out", exchanged=lambda out: out),
        Law("identity", "boxes share all with themselves", itself),
        Law("order", "pairs in another order change nothing", order),
        Law("repetition", "pairs that occur twice change nothing", repetition),
    ),
    mistakes=MISTAKES,
    corners={**_boxes.CORNERS, "one pair": lambda case: case.attributes["batch"] == 1},
)
