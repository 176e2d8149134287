"""Metrics on tensors, in the form that a tiny input shows.

PyTorch's ImageNet example gives percentages, one for each k of `topk`; d2l's accuracy counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from candidates.conventions._average_precision import beside_torch as precision_of_tensors
from candidates.conventions._free import is_own
from candidates.conventions._metrics import (
    ACCURACY,
    BOXES,
    PRED,
    SCORES,
    TOP,
    Arrays,
    Call,
    Form,
    Metric,
    Y,
    number,
)
from candidates.conventions._overlap import beside_torch as overlap_of_tensors
from candidates.conventions._perplexity import beside_torch as perplexity_of_tensors
from candidates.conventions._tensors import Handed, load_torch, on_torch, run, to_array
from properties.plain import WrongResult, given


def on_tensors(function: Call) -> Call:
    """The function of tensors as one of arrays; of several results, the first."""

    def call(**values: Any) -> Any:
        handed = Handed()
        with load_torch().no_grad():
            result = given(run(function, **{name: handed(v) for name, v in values.items()}))
        if isinstance(result, (tuple, list)) and result:
            result = result[0]
        handed.take_back()
        return to_array("the result", result)

    return call


def is_own_on_tensors(function: Any) -> bool:
    return is_own(function) and on_torch(function)


def top_form(scale: float, words: str) -> Form:
    def call(function: Call, at: Mapping[str, Any], inputs: Arrays) -> Any:
        result = function(scores=inputs["scores"], y=inputs["y"], topk=(at["k"],))
        if np.size(result) != 1:
            raise WrongResult(f"returned shape {np.shape(result)}, expected a number for each k")
        return number(np.reshape(result, ())) / scale

    return Form("scores y topk", call, {"k": 2}, TOP, 3 / 5, words=words, spare=not words)


NAMED = f"{SCORES} {PRED} output outputs out x"
TOP_K = Metric(
    "top_k_accuracy",
    "accuracy topk_accuracy top_k_accuracy accuracy_topk cal_acc",
    {"scores": NAMED, "y": Y, "topk": "topk top_k ks"},
    [top_form(100, "in percent"), top_form(1, "")],
    """`accuracy(output, target, topk=(1, 5))`: scores (N, C) without ties, ids (N,).

    Every k is C at most. Gives a list with a number or a tensor for each k: a percentage, as in
    PyTorch's ImageNet example, or a share.
    """,
    domain={
        "tied": (False,),
        "classes": (3, 4, 5),
        "k": (1, 2, 3),
        "regime": ("integers", "normal"),
    },
    when=is_own_on_tensors,
    behind=on_tensors,
)
RIGHT = Metric(
    "top_k_accuracy",
    ACCURACY.names,
    {"pred": NAMED, "y": Y},
    ACCURACY.forms,
    """`accuracy(y_hat, y)`: scores (N, C) or ids (N,), and ids (N,).

    Gives the number of right answers, as in d2l, their share or a percentage.
    """,
    domain=ACCURACY.domain,
    when=is_own_on_tensors,
    behind=on_tensors,
)


def all_pairs(function: Call, at: Mapping[str, Any], inputs: Arrays) -> Any:
    return function(boxes1=inputs["boxes1"], boxes2=inputs["boxes2"])


PAIRS = {
    "boxes1": np.concatenate([BOXES["boxes1"], BOXES["boxes1"] + 9]),
    "boxes2": np.concatenate([BOXES["boxes2"]] * 3),
}


def box_form(iou: float, why: str = "") -> Form:
    expected = [[iou] * 3, [0.0] * 3]
    return Form("boxes1 boxes2", all_pairs, {}, PAIRS, expected, why=why, spare=not why)


IOU = Metric(
    "box_iou",
    "box_iou bbox_iou boxes_iou compute_iou calculate_iou iou get_iou",
    {
        "boxes1": "boxes1 box1 boxes_1 bboxes1 a boxes_a",
        "boxes2": "boxes2 box2 boxes_2 bboxes2 b boxes_b",
    },
    [
        box_form(2 / 22),
        box_form(6 / 34, "it counts whole pixels, both ends included, which is another measure"),
    ],
    """`box_iou(boxes1, boxes2)`: corners (N, 4) and (M, 4) in whole numbers, to (N, M).

    Also where the union comes as a second result.
    """,
    output="iou",
    domain={"regime": ("integers",), "batch": (1, 2, 3), "others": (1, 2, 3)},
    when=is_own_on_tensors,
    behind=on_tensors,
)

AVERAGE_PRECISION = precision_of_tensors(is_own_on_tensors, on_tensors)
PERPLEXITY = perplexity_of_tensors(is_own_on_tensors, on_tensors)
OVERLAP = overlap_of_tensors(is_own_on_tensors, on_tensors)
METRICS = (TOP_K, RIGHT, IOU, OVERLAP, AVERAGE_PRECISION, PERPLEXITY)
SPELLINGS = [spelling for metric in METRICS for spelling in metric.spellings]
