"""Multi-class hinge loss (the loss of a support vector machine), one pair of classes at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._loss_arguments import check_dloss, check_multiclass_hinge


def multiclass_hinge_forward(
    x: np.ndarray,
    y: np.ndarray,
    *,
    margin: float = 1.0,
    p: int = 1,
    reduction: str = "mean",
    class_mean: bool = True,
) -> tuple[np.ndarray, tuple]:
    """`torch.nn.functional.multi_margin_loss`: max(0, margin - x[y] + x[j])^p over the others j.

    x (N, C) scores, y (N,) integer class ids, p 1 or 2. The sum over the classes other than y is
    divided by C if `class_mean` (torch), else not (Weston and Watkins, and courses). The loss is
    a 0-d array for "mean" (over N; nan if N is 0) and "sum", or has the shape of y for "none".
    NaN passes, where torch leaves it out. Raises TypeError and ValueError on bad arguments, an id
    out of range among them.
    """
    margin = check_multiclass_hinge(x, y, margin, p, reduction, class_mean)
    N, C = x.shape
    slopes, losses = np.zeros(x.shape, x.dtype), np.zeros(N, x.dtype)
    for n in range(N):
        for j in range(C):
            violation = margin - x[n, y[n]] + x[n, j]
            if j != y[n] and not violation.real <= 0:
                losses[n] += violation**p
                slope = p * violation ** (p - 1)
                slopes[n, j] += slope
                slopes[n, y[n]] -= slope
    if class_mean:
        losses, slopes = losses / C, slopes / C
    loss: Any = losses
    if reduction != "none":
        loss = np.sum(losses)
    if reduction == "mean":
        loss = loss / N if N else np.nan
    return np.asarray(loss, x.dtype), (slopes, reduction)


def multiclass_hinge_backward(dloss: Any, cache: tuple) -> np.ndarray:
    """Gradient dx of `multiclass_hinge_forward`, in the shape of x.

    A class whose margin is exactly met has none. dloss is a number or 0-d array for "mean" and
    "sum", an array (N,) for "none".
    """
    slopes, reduction = cache
    N, _ = slopes.shape
    dloss = check_dloss(dloss, (N,) if reduction == "none" else (), slopes.dtype)
    dlosses = np.full(N, dloss, slopes.dtype)
    dx = np.zeros(slopes.shape, slopes.dtype)
    for n in range(N):
        dx[n] = slopes[n] * dlosses[n]
        if reduction == "mean":
            dx[n] /= N
    return dx
