"""Intersection over union of labelled pixels as a free function: `mean_iou(pred, target, classes)`.

A tiny input shows whether it gives the mean over the classes, one number for each, or that of the
positive class of two; whether predictions are ids or scores; and what a class counts as that
does not occur. Pixels go in as a vector, or as a batch of one column where that is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from candidates.conventions._guarded import Exact, Guarded
from candidates.conventions._metrics import (
    BATCHES,
    CLASSES,
    OCCUR,
    PRED,
    THREE,
    Form,
    Metric,
    Y,
)
from properties.plain import given

Arrays = Mapping[str, np.ndarray]
At = Mapping[str, Any]
Call = Callable[..., Any]
Shaped = Callable[[np.ndarray, int], np.ndarray]

NAMES = """
    mean_iou miou mIoU meanIoU mean_IoU compute_miou compute_mIoU compute_mean_iou calculate_miou
    calculate_mean_iou get_miou mean_intersection_over_union iou_score compute_iou calculate_iou
    iou IoU get_iou iou_per_class class_iou per_class_iou compute_iou_per_class mask_iou
    compute_mask_iou calculate_mask_iou jaccard jaccard_index jaccard_score jaccard_similarity
    intersection_over_union per_class_iu
"""
ROLES = {
    "y": f"{Y} gts gt_mask gt_masks mask masks target_mask true_mask true_masks y_mask mask_true "
    "ground_truth_mask label_mask references mask_gt",
    "pred": f"{PRED} pred_mask pred_masks predicted_mask predict output outputs input logits "
    "scores mask_pred pred_label",
    "classes": f"{CLASSES} n_class num_class class_num",
    "confusion": "confusion confusion_matrix cm hist conf_matrix confusion_mat",
    "ignored": "ignore_index ignore_label",
}
EACH = np.array([1 / 4, 1 / 2, 2 / 3])
AVERAGES = {
    "macro": float(EACH.mean()),
    "weighted": float((EACH * [3, 2, 3]).sum() / 8),
    "micro": 5 / 11,
}
FIRST_LEFT_OUT = float(EACH[1:].mean())
TWO = {"y": np.array([1, 1, 1, 0, 0, 0, 0, 0]), "pred": np.array([1, 0, 0, 1, 0, 0, 0, 0])}
OF_TWO = np.array([4 / 7, 1 / 4])
ABSENT = {"y": np.array([0, 0, 1]), "pred": np.array([0, 1, 1])}
SMOOTH = "it adds a number to the union, or to both, which is another measure"


def flat(ids: np.ndarray, classes: int) -> np.ndarray:
    return ids


def column(ids: np.ndarray, classes: int) -> np.ndarray:
    return ids[None, :, None]


def scores(ids: np.ndarray, classes: int) -> np.ndarray:
    return np.eye(classes)[ids]


def maps_of_scores(ids: np.ndarray, classes: int) -> np.ndarray:
    return np.ascontiguousarray(np.eye(classes)[ids].T[None, :, :, None])


SHAPES: tuple[tuple[Shaped, Shaped, str], ...] = (
    (flat, flat, ""),
    (column, column, ""),
    (scores, flat, "of scores"),
    (maps_of_scores, column, "of scores"),
)
"""How predictions and answers are handed over."""

IGNORED = 255
"""An id to ignore that no array holds."""


def first_of(result: Any) -> np.ndarray:
    """What a function gives, the first of several."""
    result = given(result)
    if (
        isinstance(result, (tuple, list))
        and result
        and np.ndim(result[0]) == 0
        and len(result) == 2
    ):
        second = result[1]
        result = result[0] if np.ndim(second) or isinstance(second, (list, dict)) else result
    return np.asarray(result, float)


def of_maps(pred: Shaped, y: Shaped, roles: str, scale: float) -> Call:
    def call(function: Call, at: At, inputs: Arrays) -> np.ndarray:
        classes = at["classes"]
        values: dict[str, Any] = {"classes": classes, "ignored": IGNORED}
        values |= {"y": y(inputs["y"], classes), "pred": pred(inputs["pred"], classes)}
        return first_of(function(**{role: values[role] for role in roles.split()})) / scale

    return call


def of_counts(function: Call, at: At, inputs: Arrays) -> np.ndarray:
    confusion = np.zeros((at["classes"], at["classes"]))
    np.add.at(confusion, (inputs["y"], inputs["pred"]), 1)
    return first_of(function(confusion=confusion))


def of_two(pred: Shaped, y: Shaped, roles: str) -> Call:
    """Of both classes: the second is the positive one, the first is so where ids are exchanged."""
    once = of_maps(pred, y, roles, 1)

    def call(function: Call, at: At, inputs: Arrays) -> np.ndarray:
        other = {name: 1 - ids for name, ids in inputs.items()}
        each = [once(function, at, other), once(function, at, inputs)]
        return np.array([float(value) for value in each])

    return call


def several(roles: str, call: Call, said: str, in_percent: bool = False) -> list[Form]:
    """The averages over classes and one number for each; what is near, or leaves class 0 out."""
    domain = {**OCCUR, "classes": (2, 3, 4), "zero_division": (0,)}
    at, found = {"classes": 3}, list[Form]()
    for average, expected in (("none", EACH), *AVERAGES.items()):
        kind = {"none": "of each class", "macro": "the mean over the classes"}
        words = ", ".join(
            part
            for part in (
                kind.get(average, f"the {average} average"),
                said,
                "in percent" if in_percent else "",
            )
            if part
        )
        spare = average == "macro" and "classes" in roles and not in_percent
        taken = {**domain, "average": (average,)}
        found += [
            Guarded(roles, call, at, THREE, expected, why=SMOOTH),
            Exact(roles, call, at, THREE, expected, taken, words, spare=spare),
        ]
    out = "it leaves class 0 out of the mean"
    return [*found, Form(roles, call, at, THREE, FIRST_LEFT_OUT, why=out)]


def forms() -> list[Form]:
    binary = {**OCCUR, "classes": (2,), "average": ("none",), "zero_division": (0,)}
    found = several("confusion", of_counts, "")
    for extra in ("", " ignored"):
        for pred, y, said in SHAPES:
            for given_classes in (" classes", ""):
                roles = f"y pred{given_classes}{extra}"
                found += several(roles, of_maps(pred, y, roles, 1), said)
                found += several(roles, of_maps(pred, y, roles, 100), said, in_percent=True)
            two = (f"y pred{extra}", of_two(pred, y, f"y pred{extra}"), {"classes": 2}, TWO)
            words = ", ".join(w for w in ("of two classes, 1 the positive one", said) if w)
            found += [
                Guarded(*two, OF_TWO, why=SMOOTH),
                Exact(*two, OF_TWO, binary, words),
            ]
    return found


def empty_classes(function: Call, form: Form) -> dict[str, tuple[Any, ...]]:
    """What a class counts as that is in neither, where it counts as 0 or 1 in the mean."""
    if form.domain.get("average") != ("macro",) or "classes" not in form.roles:
        return {}
    try:
        mean = form.call(function, {"classes": 3}, ABSENT)
    except Exception:
        return {}
    for value in (0, 1):
        if np.shape(mean) == () and abs(mean - (1 + value) / 3) < 1e-5:
            return {"absent": (), "zero_division": (value,)}
    return {}


JACCARD = Metric(
    "jaccard",
    NAMES,
    ROLES,
    forms(),
    """`mean_iou(pred, target, num_classes)` of ids of pixels, or scores; also `iou(pred, target)`.

    Also of a confusion matrix (C, C). A tiny input shows whether it is the mean over the classes,
    one number for each, or that of the positive class of two. All classes occur, except where one
    that does not is seen to count as 0 or 1.
    """,
    domain={"batch": BATCHES},
    narrowed=empty_classes,
)
SPELLINGS = JACCARD.spellings


def beside_torch(when: Callable[[Any], bool], behind: Callable[[Call], Call]) -> Metric:
    """The same on tensors."""
    return replace(JACCARD, when=when, behind=behind)
