"""The checked arguments of metrics, shared by both paths."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._arguments import array, integer, integers, same_dtype, shaped
from reference._loss_arguments import check_below, check_ids, check_scores

TIES = ("first", "right", "wrong")
NORMALIZE = (None, "true", "pred", "all")
AVERAGES = ("none", "macro", "micro", "weighted")


def one_of(name: str, value: Any, allowed: tuple[Any, ...]) -> None:
    """Refuse what is none of the `allowed` values, or equal to one and of another type."""
    if not any(value is a or (type(value) is type(a) and value == a) for a in allowed):
        raise ValueError(f"{name} must be one of {allowed}, got {value!r}")


def check_top_k_accuracy(scores: Any, y: Any, k: Any, ties: Any) -> int:
    """k. Raises TypeError or ValueError naming the bad argument."""
    check_scores("scores", scores, y)
    if not len(scores):
        raise ValueError(f"scores must have at least one row, got {scores.shape}")
    one_of("ties", ties, TIES)
    return integer("k", k, 1)


def check_labels(pred: Any, y: Any, classes: Any) -> int:
    """The number of classes of predictions and labels (N,), all of them below it."""
    C = integer("classes", classes, 1)
    integers("pred", pred, "N")
    shaped("y", integers("y", y), pred.shape)
    check_below("pred", pred, C)
    check_below("y", y, C)
    return C


def check_confusion_matrix(pred: Any, y: Any, classes: Any, normalize: Any) -> int:
    """The number of classes. Raises TypeError or ValueError naming the bad argument."""
    one_of("normalize", normalize, NORMALIZE)
    return check_labels(pred, y, classes)


def check_class_shares(
    pred: Any, y: Any, classes: Any, average: Any, zero_division: Any
) -> tuple[int, float]:
    """The number of classes, and what 0 / 0 is. Raises TypeError or ValueError on a bad one."""
    one_of("average", average, AVERAGES)
    if type(zero_division) not in (int, float) or zero_division not in (0, 1):
        raise ValueError(f"zero_division must be 0 or 1, got {zero_division!r}")
    return check_labels(pred, y, classes), float(zero_division)


def check_balanced_accuracy(pred: Any, y: Any, classes: Any) -> int:
    """The number of classes. Raises TypeError or ValueError naming the bad argument."""
    C = check_labels(pred, y, classes)
    if not len(y):
        raise ValueError("y must hold at least one label, got shape (0,)")
    return C


def check_boxes(boxes1: Any, boxes2: Any) -> None:
    """Refuse what are not two arrays of corners (N, 4), x1 <= x2 and y1 <= y2, of one dtype."""
    for name, boxes in (("boxes1", boxes1), ("boxes2", boxes2)):
        array(name, boxes, "N 4")
        if boxes.shape[1] != 4:
            raise ValueError(f"{name} must have shape (N, 4), got {boxes.shape}")
        wrong = boxes[(boxes[:, :2] > boxes[:, 2:]).any(axis=1)]
        if len(wrong):
            told = ", ".join(f"{corner:g}" for corner in wrong[0])
            raise ValueError(f"{name} must hold boxes with x1 <= x2 and y1 <= y2, got ({told})")
    same_dtype(boxes1=boxes1, boxes2=boxes2)


def check_mean_iou(boxes1: Any, boxes2: Any) -> None:
    """Refuse what are not two arrays of as many boxes, at least one."""
    check_boxes(boxes1, boxes2)
    shaped("boxes2", boxes2, boxes1.shape)
    if not len(boxes1):
        raise ValueError("boxes1 must hold at least one box, got shape (0, 4)")


def check_perplexity(scores: Any, y: Any, ignore_index: Any) -> np.ndarray:
    """Which ids of y count, as an array of bool. Raises TypeError or ValueError on a bad one."""
    array("scores", scores, "... V")
    shaped("y", integers("y", y), scores.shape[:-1])
    counted = np.ones(y.shape, bool)
    if ignore_index is not None:
        counted = np.asarray(y != integer("ignore_index", ignore_index, -(2**63)))
    check_ids("scores", scores.shape, y[counted])
    if not counted.any():
        raise ValueError(f"y must hold an id that is not ignored, got none in shape {y.shape}")
    return counted


def check_mean_average_precision(scores: Any, y: Any) -> None:
    """Refuse what are not scores (N, C) and as many zeros and ones."""
    array("scores", scores, "N C")
    shaped("y", integers("y", y), scores.shape)
    wrong = y[(y != 0) & (y != 1)]
    if wrong.size:
        raise ValueError(f"y must hold zeros and ones, got {wrong[0]}")
