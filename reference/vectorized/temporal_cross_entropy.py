"""Cross-entropy of a sequence of softmax scores and ids.

The steps of all sequences are the rows of one matrix, and the loss is `cross_entropy` of its
rows, which ignores the ids of the steps that do not count.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._cross_entropy_arguments import check_dloss, check_temporal_cross_entropy
from reference.vectorized.cross_entropy import cross_entropy_backward, cross_entropy_forward

IGNORED = -100


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
    N, T, V = x.shape
    ids = np.where(counted, y.astype(np.int64), IGNORED).reshape(N * T)
    loss, cache = cross_entropy_forward(
        x.reshape(N * T, V),
        ids,
        reduction="sum" if reduction == "batch" else reduction,
        ignore_index=IGNORED,
    )
    if reduction == "none":
        loss = loss.reshape(N, T)
    if reduction == "batch":
        loss = np.asarray(loss / N if N else np.nan, x.dtype)
    return loss, (cache, x.shape, x.dtype, reduction)


def temporal_cross_entropy_backward(dloss: Any, cache: tuple) -> np.ndarray:
    """Gradient dx of `temporal_cross_entropy_forward`, in the shape of x.

    dloss has the shape (N, T) for "none", else it is a number or a 0-d array.
    """
    rows, (N, T, V), dtype, reduction = cache
    dloss = check_dloss(dloss, (N, T) if reduction == "none" else (), dtype)
    if reduction == "none":
        dloss = dloss.reshape(N * T)
    if reduction == "batch":
        dloss = np.asarray(dloss / max(N, 1), dtype)
    dx = cross_entropy_backward(dloss, rows)
    return dx.reshape(N, T, V)
