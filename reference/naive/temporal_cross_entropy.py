"""Cross-entropy of a sequence of softmax scores and ids, one time step at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._cross_entropy_arguments import check_dloss, check_temporal_cross_entropy


def temporal_cross_entropy_forward(
    x: np.ndarray, y: np.ndarray, mask: np.ndarray | None = None, *, reduction: str = "mean"
) -> tuple[np.ndarray, tuple]:
    """`torch.nn.functional.cross_entropy` at every time step, where `mask` lets it count.

    x (N, T, V) scores of a vocabulary, y (N, T) integer ids, mask (N, T) bool (True counts) or
    None for all. The loss is a 0-d array for "mean" (over the steps that count; nan if none
    does), "sum" and "batch" (the sum over time and batch, divided by N), or has the shape (N, T)
    for "none", 0 where a step does not count. Ids of steps that do not count may be anything.
    Raises TypeError and ValueError on bad arguments, an id out of range among them.
    """
    counted = check_temporal_cross_entropy(x, y, mask, reduction)
    N, T, _ = x.shape
    p, losses = np.zeros(x.shape, x.dtype), np.zeros((N, T), x.dtype)
    for n in range(N):
        for t in range(T):
            shifted = x[n, t] - np.max(x[n, t].real)
            logp = shifted - np.log(np.sum(np.exp(shifted)))
            p[n, t] = np.exp(logp)
            if counted[n, t]:
                losses[n, t] = -logp[y[n, t]]
    loss: Any = losses
    if reduction != "none":
        loss = np.sum(losses)
        terms = _terms(counted, reduction)
        loss = loss / terms if terms else np.nan
    return np.asarray(loss, x.dtype), (p, y.copy(), counted, reduction)


def _terms(counted: np.ndarray, reduction: str) -> int:
    """What the sum over all steps is divided by."""
    if reduction == "mean":
        return int(np.sum(counted))
    if reduction == "batch":
        return len(counted)
    return 1


def temporal_cross_entropy_backward(dloss: Any, cache: tuple) -> np.ndarray:
    """Gradient dx of `temporal_cross_entropy_forward`, in the shape of x.

    dloss has the shape (N, T) for "none", else it is a number or a 0-d array.
    """
    p, y, counted, reduction = cache
    N, T = counted.shape
    dloss = check_dloss(dloss, (N, T) if reduction == "none" else (), p.dtype)
    dlosses = np.full((N, T), dloss, p.dtype)
    dlosses = dlosses / max(_terms(counted, reduction), 1)
    dx = np.zeros(p.shape, p.dtype)
    for n in range(N):
        for t in range(T):
            if counted[n, t]:
                dx[n, t] = p[n, t] * dlosses[n, t]
                dx[n, t, y[n, t]] -= dlosses[n, t]
    return dx
