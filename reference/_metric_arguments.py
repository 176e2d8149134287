"""The checked arguments of metrics, shared by both paths."""

from __future__ import annotations

from typing import Any

from reference._arguments import integer, integers, shaped
from reference._loss_arguments import check_below, check_scores

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
