"""Multi-class hinge loss (the loss of a support vector machine).

One array in the shape of x goes from margins to their positive parts to slopes, in place, and is
the cache; the slope of the class y is minus the sum of the others.
"""

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
    rows, ids = np.arange(N), y.astype(np.intp)
    slopes = np.subtract(x, x[rows, ids, None] - margin, out=np.empty(x.shape, x.dtype))
    slopes[rows, ids] = 0
    np.maximum(slopes, 0, out=slopes)
    loss = np.einsum("nc,nc->n", slopes, slopes) if p == 2 else slopes.sum(axis=1)
    if p == 1:
        np.not_equal(slopes, 0, out=slopes)
    scale = p / C if class_mean else p
    slopes *= scale
    loss *= scale / p
    slopes[rows, ids] = -slopes.sum(axis=1)
    if reduction != "none":
        loss = loss.sum()
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
    if reduction == "none":
        dloss = dloss[:, None]
    if reduction == "mean":
        dloss = dloss / max(N, 1)
    return np.multiply(slopes, dloss, out=np.empty_like(slopes))
