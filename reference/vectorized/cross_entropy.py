"""Cross-entropy of softmax scores and class ids.

Strips of samples become exponentials in the cache's array, while they are in cache: of the logits
as they are where no sum or ratio comes near overflow, else of the logits less their largest.
Divided by their sums they are the probabilities: the gradient is a multiple of them, less that
multiple at the class ids.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from reference._cross_entropy_arguments import check_cross_entropy, check_dloss
from reference.vectorized._strips import strips


def cross_entropy_forward(
    x: np.ndarray, y: np.ndarray, *, reduction: str = "mean", ignore_index: int = -100
) -> tuple[np.ndarray, tuple]:
    """`torch.nn.functional.cross_entropy`: minus the log-softmax of x over C, at the class y.

    x (N, C) or (N, C, d1, ...) logits; y (N,) or (N, d1, ...) integer class ids, where
    `ignore_index` marks a position that costs nothing. The loss is a 0-d array for "mean" (over
    the positions not ignored; nan if there are none) and "sum", or has the shape of y for "none".
    Raises TypeError and ValueError on bad arguments, an id out of range among them.
    """
    every = check_cross_entropy(x, y, reduction, ignore_index)
    counted = None if every else y != ignore_index
    at_ids = _places(y if counted is None else np.where(counted, y, 0), x.shape[1])
    exps, (loss, totals) = np.empty(x.shape, x.dtype), np.empty((2, *y.shape), x.dtype)
    bytes_each = 2 * math.prod(x.shape[1:]) * x.itemsize
    unshifted = True
    for n in strips(len(x), bytes_each):
        e, total = exps[n], totals[n]
        if unshifted:  # the logarithm of a ratio is as exact as with a shift
            _exps(x[n], e, total)
            at_id = exps.reshape(-1)[at_ids[n]]
            unshifted = _far_from_overflow(at_id, total)
            if unshifted:
                np.log(np.divide(total, at_id, out=loss[n]), out=loss[n])
        if not unshifted:  # nor are the strips after it, as likely as not
            np.subtract(x[n], np.maximum.reduce(x[n], axis=1, keepdims=True), out=e)
            loss[n] = exps.reshape(-1)[at_ids[n]]
            _exps(e, e, total)
            np.subtract(np.log(total), loss[n], out=loss[n])
    count = y.size
    if counted is not None:
        loss[~counted] = 0
        count = int(np.count_nonzero(counted))
    if reduction != "none":
        loss = np.add.reduce(loss, axis=None)
    if reduction == "mean":
        loss = loss / count if count else np.nan
    return np.asarray(loss, x.dtype), (exps, totals, at_ids, counted, count, reduction)


def cross_entropy_backward(dloss: Any, cache: tuple) -> np.ndarray:
    """Gradient dx of `cross_entropy_forward`, in the shape of x.

    dloss is a number or 0-d array for "mean" and "sum", an array in the shape of y for "none".
    """
    exps, totals, at_ids, counted, count, reduction = cache
    dtype = exps.dtype
    dlosses = check_dloss(dloss, totals.shape if reduction == "none" else (), dtype)
    if counted is not None:
        dlosses = np.where(counted, dlosses, 0).astype(dtype)
    if reduction == "mean":
        dlosses = dlosses / max(count, 1)
    dx = exps * (dlosses / totals)[:, None]
    dx.reshape(-1)[at_ids] -= dlosses
    return dx


def _exps(logits: np.ndarray, e: np.ndarray, totals: np.ndarray) -> None:
    """Write exponentials and their sums over the classes, which may be infinite."""
    with np.errstate(all="ignore"):
        np.exp(logits, out=e)
        if e.ndim == 2:  # a product is faster than sums of short rows
            np.matmul(e, np.ones(e.shape[1], e.dtype), out=totals)
        else:
            np.add.reduce(e, axis=1, out=totals)


def _far_from_overflow(e: np.ndarray, totals: np.ndarray) -> bool:
    """Whether these and their ratios are numbers, and the sums neither tiny nor huge."""
    highest = _root(e.dtype)
    least, most = e.min(initial=1), totals.max(initial=1)
    return bool(1 / highest <= least and most <= highest)  # nan is neither


@cache
def _root(dtype: np.dtype) -> float:
    """Below the root of the largest number: a ratio of two such numbers does not overflow."""
    return math.sqrt(float(np.finfo(dtype).max)) / 2


def _places(ids: np.ndarray, C: int) -> np.ndarray:
    """Where the logits at these ids (N, d1, ...) stand in a flat array (N, C, d1, ...)."""
    N, P = len(ids), math.prod(ids.shape[1:])
    starts = np.arange(N) * (C * P)
    if ids.ndim == 1:
        return starts + ids
    maps = ids.reshape(N, P) * P + np.arange(P)
    maps += starts[:, None]
    return maps.reshape(ids.shape)
