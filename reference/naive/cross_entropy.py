"""Cross-entropy of softmax scores and class ids, one position at a time."""

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
    logits = np.moveaxis(x, 1, -1)
    p, losses = np.zeros(logits.shape, x.dtype), np.zeros(y.shape, x.dtype)
    for n in np.ndindex(y.shape):
        shifted = logits[n] - np.max(logits[n].real)
        logp = shifted - np.log(np.sum(np.exp(shifted)))
        p[n] = np.exp(logp)
        if y[n] != ignore_index:
            losses[n] = -logp[y[n]]
    counted = y != ignore_index
    loss: Any = losses
    if reduction != "none":
        loss = np.sum(losses)
    if reduction == "mean":
        loss = loss / int(np.sum(counted)) if np.any(counted) else np.nan
    return np.asarray(loss, x.dtype), (p, y.copy(), counted, reduction)


def cross_entropy_backward(dloss: Any, cache: tuple) -> np.ndarray:
    """Gradient dx of `cross_entropy_forward`, in the shape of x.

    dloss is a number or 0-d array for "mean" and "sum", an array in the shape of y for "none".
    """
    p, y, counted, reduction = cache
    dloss = check_dloss(dloss, y.shape if reduction == "none" else (), p.dtype)
    dlosses = np.full(y.shape, dloss, p.dtype)
    dlosses[~counted] = 0
    if reduction == "mean":
        dlosses = dlosses / max(int(np.sum(counted)), 1)
    dlogits = np.zeros(p.shape, p.dtype)
    for n in np.ndindex(y.shape):
        dlogits[n] = p[n] * dlosses[n]
        if counted[n]:
            dlogits[n][y[n]] -= dlosses[n]
    dx = np.moveaxis(dlogits, -1, 1)
    return dx
