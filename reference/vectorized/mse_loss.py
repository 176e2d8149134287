"""Mean squared error.

The differences are subtracted once and kept; their sum of squares is made of products of blocks
with themselves, and the gradients are multiples of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._loss_arguments import check_dloss, check_mse_loss
from reference.vectorized._squares import sum_of_squares


def mse_loss_forward(
    x: np.ndarray, target: np.ndarray, *, reduction: str = "mean"
) -> tuple[np.ndarray, tuple]:
    """`torch.nn.functional.mse_loss`: (x - target)^2 of every element.

    x and target have one shape, any. The loss is a 0-d array for "mean" (over all elements, not
    over the batch alone; nan if there are none) and "sum", or has the shape of x for "none".
    Raises TypeError and ValueError on bad arguments.
    """
    check_mse_loss(x, target, reduction)
    errors = np.subtract(x, target, out=np.empty(x.shape, x.dtype))
    if reduction == "none":
        return np.asarray(errors * errors), (errors, reduction)
    loss = sum_of_squares(errors)
    if reduction == "mean":
        loss = loss / x.size if x.size else np.nan
    return np.asarray(loss, x.dtype), (errors, reduction)


def mse_loss_backward(dloss: Any, cache: tuple) -> tuple[np.ndarray, np.ndarray]:
    """Gradients (dx, dtarget) of `mse_loss_forward`, each the other with its sign changed.

    dloss is a number or 0-d array for "mean" and "sum", an array in the shape of x for "none".
    """
    errors, reduction = cache
    dloss = check_dloss(dloss, errors.shape if reduction == "none" else (), errors.dtype)
    factor = 2 / max(errors.size, 1) if reduction == "mean" else 2
    dx = np.multiply(errors, factor * dloss, out=np.empty_like(errors))
    return dx, np.negative(dx, out=np.empty_like(dx))
