"""The checked arguments of the cross-entropy loss, shared by both paths of cross_entropy."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._arguments import array, integer, integers, shaped
from reference._conv_arguments import check_dout

REDUCTIONS = ("mean", "sum", "none")


def check_cross_entropy(x: Any, y: Any, reduction: Any, ignore_index: Any) -> None:
    """Refuse logits and ids that do not fit, with TypeError or ValueError naming the bad one."""
    array("x", x, "N C ...")
    shaped("y", integers("y", y), (len(x), *x.shape[2:]))
    classes = x.shape[1]
    if classes < 1:
        raise ValueError(f"x must have at least one class, got {x.shape}")
    if reduction not in REDUCTIONS:
        raise ValueError(f"reduction must be one of {REDUCTIONS}, got {reduction!r}")
    integer("ignore_index", ignore_index, -(2**63))
    wrong = y[(y != ignore_index) & ((y < 0) | (y >= classes))]
    if wrong.size:
        raise ValueError(
            f"y must hold class ids from 0 to {classes - 1} or {ignore_index}, got {wrong[0]}"
        )


def check_dloss(dloss: Any, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """`dloss` as an array of the loss's shape and dtype; a Python number is taken as one."""
    if isinstance(dloss, (int, float)):
        dloss = np.asarray(dloss, dtype)
    elif isinstance(dloss, np.generic):
        dloss = np.asarray(dloss)
    check_dout(dloss, shape, dtype)
    return dloss
