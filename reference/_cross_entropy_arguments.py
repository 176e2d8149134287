"""The checked arguments of the cross-entropy losses, shared by both paths of each."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._arguments import array, integer, integers, same_dtype, shaped
from reference._loss_arguments import check_dloss, check_ids, check_reduction

__all__ = ["check_cross_entropy", "check_dloss", "check_nll_loss", "check_temporal_cross_entropy"]


def check_cross_entropy(x: Any, y: Any, reduction: Any, ignore_index: Any) -> bool:
    """Whether no id can be ignored, since all are of classes and `ignore_index` is of none.

    Refuses logits and ids that do not fit, with TypeError or ValueError naming the bad one.
    """
    array("x", x, "N C ...")
    shaped("y", integers("y", y), (len(x), *x.shape[2:]))
    classes = x.shape[1]
    if classes < 1:
        raise ValueError(f"x must have at least one class, got {x.shape}")
    check_reduction(reduction)
    integer("ignore_index", ignore_index, -(2**63))
    if y.size and y.min() >= 0 and y.max() < classes:
        return not 0 <= ignore_index < classes
    wrong = y[(y != ignore_index) & ((y < 0) | (y >= classes))]
    if wrong.size:
        raise ValueError(
            f"y must hold class ids from 0 to {classes - 1} or {ignore_index}, got {wrong[0]}"
        )
    return False


def check_nll_loss(x: Any, y: Any, weight: Any, reduction: Any, ignore_index: Any) -> None:
    """As `check_cross_entropy`, and that there is one weight a class, or None."""
    check_cross_entropy(x, y, reduction, ignore_index)
    if weight is not None:
        shaped("weight", array("weight", weight), x.shape[1:2])
        same_dtype(x=x, weight=weight)


def check_temporal_cross_entropy(x: Any, y: Any, mask: Any, reduction: Any) -> np.ndarray:
    """Which steps count, as a bool array (N, T). Ids of the others may be anything."""
    array("x", x, "N T V")
    shaped("y", integers("y", y), x.shape[:2])
    if mask is None:
        mask = np.ones(y.shape, bool)
    elif not isinstance(mask, np.ndarray) or mask.dtype != bool:
        kind = f"an array of {mask.dtype}" if isinstance(mask, np.ndarray) else repr(mask)
        raise TypeError(f"mask must be a NumPy array of bool, got {kind}")
    shaped("mask", mask, y.shape)
    check_reduction(reduction, ("mean", "sum", "none", "batch"))
    check_ids("x", x.shape, y[mask])
    return mask.copy()
