"""Mean squared error, one element at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._loss_arguments import check_dloss, check_mse_loss


def mse_loss_forward(
    x: np.ndarray, target: np.ndarray, *, reduction: str = "mean"
) -> tuple[np.ndarray, tuple]:
    """`torch.nn.functional.mse_loss`: (x - target)^2 of every element.

    x and target have one shape, any. The loss is a 0-d array for "mean" (over all elements, not
    over the batch alone; nan if there are none) and "sum", or has the shape of x for "none".
    Raises TypeError and ValueError on bad arguments.
    """
    check_mse_loss(x, target, reduction)
    errors, losses = np.zeros(x.shape, x.dtype), np.zeros(x.shape, x.dtype)
    for i in np.ndindex(x.shape):
        errors[i] = x[i] - target[i]
        losses[i] = errors[i] ** 2
    loss: Any = losses
    if reduction != "none":
        loss = np.sum(losses)
    if reduction == "mean":
        loss = loss / x.size if x.size else np.nan
    return np.asarray(loss, x.dtype), (errors, reduction)


def mse_loss_backward(dloss: Any, cache: tuple) -> tuple[np.ndarray, np.ndarray]:
    """Gradients (dx, dtarget) of `mse_loss_forward`, each the other with its sign changed.

    dloss is a number or 0-d array for "mean" and "sum", an array in the shape of x for "none".
    """
    errors, reduction = cache
    shape = errors.shape
    dloss = check_dloss(dloss, shape if reduction == "none" else (), errors.dtype)
    dlosses = np.full(shape, dloss, errors.dtype)
    dx, dtarget = np.zeros(shape, errors.dtype), np.zeros(shape, errors.dtype)
    for i in np.ndindex(shape):
        derror = 2 * errors[i] * dlosses[i]
        if reduction == "mean":
            derror = derror / errors.size
        dx[i] = derror
        dtarget[i] = -derror
    return dx, dtarget
