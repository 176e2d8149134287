"""Negative log-likelihood of class ids under given log-probabilities.

One gather of x at the ids, and one of the weights, of which ignored ids have 0; the gradient is
zeros with one scatter.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._cross_entropy_arguments import check_dloss, check_nll_loss


def nll_loss_forward(
    x: np.ndarray,
    y: np.ndarray,
    weight: np.ndarray | None = None,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
) -> tuple[np.ndarray, tuple]:
    """`torch.nn.functional.nll_loss`: minus x at the class y, times the weight of that class.

    x (N, C) or (N, C, d1, ...) log-probabilities; y (N,) or (N, d1, ...) integer class ids, where
    `ignore_index` marks a position that costs nothing; weight (C,) or None for ones. The loss is
    a 0-d array for "mean" (the sum divided by that of the weights of all ids not ignored; nan if
    there are none) and "sum", or has the shape of y for "none". Raises TypeError and ValueError
    on bad arguments, an id out of range among them.
    """
    check_nll_loss(x, y, weight, reduction, ignore_index)
    counted = y != ignore_index
    ids = np.where(counted, y, 0).astype(np.intp)
    weights = counted.astype(x.dtype)
    if weight is not None:
        weights *= weight[ids]
    at_ids = np.take_along_axis(x, ids[:, None], axis=1)[:, 0]
    loss = np.multiply(at_ids, -weights, out=np.zeros(y.shape, x.dtype), where=counted)
    total = weights.sum()
    if reduction != "none":
        loss = loss.sum()
    if reduction == "mean":
        loss = loss / total if total else np.nan
    return np.asarray(loss, x.dtype), (x.shape, ids, weights, total, reduction)


def nll_loss_backward(dloss: Any, cache: tuple) -> np.ndarray:
    """Gradient dx of `nll_loss_forward`, in the shape of x; 0 but at the classes y.

    dloss is a number or 0-d array for "mean" and "sum", an array in the shape of y for "none".
    """
    shape, ids, weights, total, reduction = cache
    dloss = check_dloss(dloss, ids.shape if reduction == "none" else (), weights.dtype)
    if reduction == "mean" and total:
        dloss = dloss / total
    dx = np.zeros(shape, weights.dtype)
    np.put_along_axis(dx, ids[:, None], (-weights * dloss)[:, None], axis=1)
    return dx
