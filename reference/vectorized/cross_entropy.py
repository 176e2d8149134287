"""Cross-entropy of softmax scores and class ids.

One array in the shape of x goes through shifted logits and their exponentials to probabilities,
in place, and is the cache; the gradient is a multiple of it, less that multiple at the class ids.
"""

from __future__ import annotations

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
    p = np.subtract(x, x.max(axis=1, keepdims=True), out=np.empty(x.shape, x.dtype))
    at_ids = np.take_along_axis(p, ids[:, None], axis=1)[:, 0]
    np.exp(p, out=p)
    total = p.sum(axis=1, keepdims=True)
    p /= total
    loss = np.log(total[:, 0]) - at_ids
    loss[~counted] = 0
    count = int(np.count_nonzero(counted))
    if reduction != "none":
        loss = loss.sum()
    if reduction == "mean":
        loss = loss / count if count else np.nan
    return np.asarray(loss, x.dtype), (p, ids, counted, reduction)


def cross_entropy_backward(dloss: Any, cache: tuple) -> np.ndarray:
    """Gradient dx of `cross_entropy_forward`, in the shape of x.

    dloss is a number or 0-d array for "mean" and "sum", an array in the shape of y for "none".
    """
    p, ids, counted, reduction = cache
    dloss = check_dloss(dloss, ids.shape if reduction == "none" else (), p.dtype)
    dlosses = np.full(ids.shape, dloss, p.dtype)
    dlosses[~counted] = 0
    if reduction == "mean":
        dlosses = dlosses / max(int(np.count_nonzero(counted)), 1)
    dlosses, ids = dlosses[:, None], ids[:, None]
    dx = p * dlosses
    at_ids = np.take_along_axis(dx, ids, axis=1) - dlosses
    np.put_along_axis(dx, ids, at_ids, axis=1)
    return dx
