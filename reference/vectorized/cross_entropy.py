"""Cross-entropy of softmax scores and class ids.

One array in the shape of x holds the shifted logits and then, in place, their exponentials, which
are cached with their sums; the gradient is a multiple of them, less dloss at the class ids.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from reference._cross_entropy_arguments import check_cross_entropy, check_dloss


def cross_entropy_forward(
    x: np.ndarray, y: np.ndarray, *, reduction: str = "mean", ignore_index: int = -100
) -> tuple[np.ndarray, tuple]:
    """`torch.nn.functional.cross_entropy`: minus the log-softmax of x over C, at the class y.

    x (N, C) or (N, C, d1, ...) logits; y (N,) or (N, d1, ...) integer class ids, where
    `ignore_index` marks a position that costs nothing. The loss is a 0-d array for "mean" (over
    the positions not ignored; nan if there are none) and "sum", or has the shape of y for "none".
    Raises TypeError and ValueError on bad arguments, an id out of range among them.
    """
    check_cross_entropy(x, y, reduction, ignore_index)
    counted = y != ignore_index
    ids = np.where(counted, y, 0).astype(np.intp)
    e = np.subtract(x, x.max(axis=1, keepdims=True), out=np.empty(x.shape, x.dtype))
    at_ids = e.reshape(-1)[_places(ids, x.shape)]
    np.exp(e, out=e)
    total = e @ np.ones(e.shape[1], e.dtype) if e.ndim == 2 else e.sum(axis=1)
    loss = np.log(total) - at_ids
    loss[~counted] = 0
    if reduction != "none":
        loss = loss.sum()
    if reduction == "mean":
        count = np.count_nonzero(counted)
        loss = loss / count if count else np.nan
    return np.asarray(loss, x.dtype), (e, total, ids, counted, reduction)


def _places(ids: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Where the scores (N, C, ...) of class ids (N, ...) stand in their flat array."""
    N, C, P = shape[0], shape[1], math.prod(shape[2:])
    places = (np.arange(N)[:, None] * C + ids.reshape(N, P)) * P + np.arange(P)
    return places.reshape(ids.shape)


def cross_entropy_backward(dloss: Any, cache: tuple) -> np.ndarray:
    """Gradient dx of `cross_entropy_forward`, in the shape of x.

    dloss is a number or 0-d array for "mean" and "sum", an array in the shape of y for "none".
    """
    e, total, ids, counted, reduction = cache
    dloss = check_dloss(dloss, ids.shape if reduction == "none" else (), e.dtype)
    dlosses = np.full(ids.shape, dloss, e.dtype)
    dlosses[~counted] = 0
    if reduction == "mean":
        dlosses /= max(np.count_nonzero(counted), 1)
    dx = e * (dlosses / total)[:, None]
    dx.reshape(-1)[_places(ids, dx.shape)] -= dlosses
    return dx
