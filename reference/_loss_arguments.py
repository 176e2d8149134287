"""Checks of arguments that losses share."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._arguments import array, boolean, integers, number, same_dtype, shaped
from reference._conv_arguments import check_dout

REDUCTIONS = ("mean", "sum", "none")


def check_reduction(reduction: Any, allowed: tuple[str, ...] = REDUCTIONS) -> None:
    """Refuse what is not one of the `allowed` reductions."""
    if reduction not in allowed:
        raise ValueError(f"reduction must be one of {allowed}, got {reduction!r}")


def check_scores(name: str, scores: Any, y: Any) -> None:
    """Refuse what are not scores (N, C) and class ids (N,) from 0 to C - 1."""
    array(name, scores, "N C")
    shaped("y", integers("y", y), scores.shape[:1])
    check_ids(name, scores.shape, y)


def check_ids(name: str, shape: tuple[int, ...], y: np.ndarray) -> None:
    """Refuse ids that are no class of scores whose last dimension is the classes."""
    if shape[-1] < 1:
        raise ValueError(f"{name} must have at least one class, got {shape}")
    check_below("y", y, shape[-1])


def check_below(name: str, ids: np.ndarray, classes: int) -> None:
    """Refuse ids that are no class of so many."""
    wrong = ids[(ids < 0) | (ids >= classes)]
    if wrong.size:
        raise ValueError(f"{name} must hold class ids from 0 to {classes - 1}, got {wrong[0]}")


def check_mse_loss(x: Any, target: Any, reduction: Any) -> None:
    """Refuse what are not two arrays of one shape and dtype."""
    array("x", x)
    shaped("target", array("target", target), x.shape)
    same_dtype(x=x, target=target)
    check_reduction(reduction)


def check_multiclass_hinge(
    x: Any, y: Any, margin: Any, p: Any, reduction: Any, class_mean: Any
) -> float:
    """The margin as a float. Raises TypeError or ValueError naming the bad argument."""
    check_scores("x", x, y)
    if p not in (1, 2):
        raise ValueError(f"p must be 1 or 2, got {p!r}")
    check_reduction(reduction)
    boolean("class_mean", class_mean)
    return number("margin", margin)


def check_penalty(w: Any, strength: Any) -> float:
    """The strength of a penalty on w as a float."""
    array("w", w)
    return number("strength", strength, 0)


def check_dloss(dloss: Any, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """`dloss` as an array of the loss's shape and dtype; a Python number is taken as one."""
    if isinstance(dloss, (int, float)):
        dloss = np.asarray(dloss, dtype)
    elif isinstance(dloss, np.generic):
        dloss = np.asarray(dloss)
    check_dout(dloss, shape, dtype)
    return dloss
