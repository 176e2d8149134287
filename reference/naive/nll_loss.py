"""Negative log-likelihood of class ids under given log-probabilities, one position at a time."""

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
    logp = np.moveaxis(x, 1, -1)
    weights, losses = np.zeros(y.shape, x.dtype), np.zeros(y.shape, x.dtype)
    for n in np.ndindex(y.shape):
        if y[n] != ignore_index:
            weights[n] = 1 if weight is None else weight[y[n]]
            losses[n] = -weights[n] * logp[n][y[n]]
    loss: Any = losses
    if reduction != "none":
        loss = np.sum(losses)
    if reduction == "mean":
        loss = loss / np.sum(weights) if np.sum(weights) != 0 else np.nan
    return np.asarray(loss, x.dtype), (x.shape, y.copy(), weights, reduction)


def nll_loss_backward(dloss: Any, cache: tuple) -> np.ndarray:
    """Gradient dx of `nll_loss_forward`, in the shape of x; 0 but at the classes y.

    dloss is a number or 0-d array for "mean" and "sum", an array in the shape of y for "none".
    """
    shape, y, weights, reduction = cache
    dloss = check_dloss(dloss, y.shape if reduction == "none" else (), weights.dtype)
    dlosses = np.full(y.shape, dloss, weights.dtype)
    if reduction == "mean" and np.sum(weights) != 0:
        dlosses = dlosses / np.sum(weights)
    dx = np.zeros(shape, weights.dtype)
    dlogp = np.moveaxis(dx, 1, -1)
    for n in np.ndindex(y.shape):
        if weights[n] != 0:
            dlogp[n][y[n]] = -weights[n] * dlosses[n]
    return dx
