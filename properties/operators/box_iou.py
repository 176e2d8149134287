"""box_iou: strategy over numbers of boxes and how they meet, oracle, laws and mistakes."""

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

SIZES = (1, 2, 3, 4, 0)


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    return {
        "batch": draw(domain.choice("batch", SIZES)),
        "others": draw(domain.choice("others", SIZES)),
        "meeting": draw(domain.choice("meeting", ("any", *_boxes.MEETING))),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    return _boxes.two_arrays(at, values, at["batch"], at["others"])


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torchvision.ops import box_iou

    return {"iou": box_iou(tensors["boxes1"], tensors["boxes2"])}


def itself(run: Any, case: Case, inputs: Arrays) -> Pairs:
    same = inputs | {"boxes2": inputs["boxes1"].copy()}
    yield "diagonal", np.diagonal(run(same)["iou"]).copy(), np.ones(len(inputs["boxes1"]))


def order(run: Any, case: Case, inputs: Arrays) -> Pairs:
    turned = {name: boxes[::-1].copy() for name, boxes in inputs.items()}
    yield "iou", run(turned)["iou"], run(inputs)["iou"][::-1, ::-1]


RESULT = "return iou"

MISTAKES = (
    *_boxes.mistakes("check_boxes(boxes1, boxes2)"),
    edit("rows and columns exchanged", "the result is (M, N)", RESULT, "return iou.T"),
    edit(
        "pairs only",
        "the n-th box of one is compared with the n-th of the other alone",
        RESULT,
        "return np.diagonal(iou).copy()",
    ),
    edit(
        "best match only",
        "each box has its largest share, not one for every other box",
        RESULT,
        "return iou.max(axis=1, initial=0)",
    ),
    edit(
        "result always float64",
        "float32 boxes give float64 shares",
        RESULT,
        "return iou.astype(np.float64)",
    ),
)

operator = Operator(
    name="box_iou",
    source="torchvision.ops.box_iou",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("iou",),
    regimes=_boxes.REGIMES,
    laws=(
        *_boxes.laws("iou", exchanged=np.transpose),
        Law("identity", "a box shares all with itself", itself),
        Law("order", "boxes in another order give the same shares in that order", order),
    ),
    mistakes=MISTAKES,
    corners={
        **_boxes.CORNERS,
        "no box": lambda case: 0 in (case.attributes["batch"], case.attributes["others"]),
        "one pair": lambda case: case.attributes["batch"] == case.attributes["others"] == 1,
    },
)
