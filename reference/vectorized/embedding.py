"""Embedding: rows of a table picked by id.

Forward is one gather. Backward sorts the gradients by id and adds neighbours of one id pairwise,
so that an id read c times takes log2(c) rounds, and the sums stay accurate.
"""

from __future__ import annotations

import numpy as np

from reference._conv_arguments import check_dout
from reference._embedding_arguments import check_embedding


def embedding_forward(
    ids: np.ndarray, W: np.ndarray, *, padding_idx: int | None = None
) -> tuple[np.ndarray, tuple]:
    """`torch.nn.functional.embedding`: out[...] is the row W[ids[...]] of the table.

    ids integers of any shape, W (V, D); the output is (..., D). The row `padding_idx`, which
    counts from the end if it is negative, is read like any other but has no gradient. Raises
    TypeError and ValueError on bad arguments, an id out of range among them.
    """
    padding = check_embedding(ids, W, padding_idx)
    ids = ids.astype(np.intp)
    return W.take(ids, axis=0), (ids, padding, W.shape, W.dtype)


def embedding_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Gradient dW of `embedding_forward`: each dout is added to the row that was read."""
    ids, padding, (V, D), dtype = cache
    check_dout(dout, (*ids.shape, D), dtype)
    order = np.argsort(ids, axis=None, kind="stable")
    rows, drows = ids.ravel()[order], dout.reshape(ids.size, D)[order]
    at = np.arange(ids.size)
    first = np.flatnonzero(np.diff(rows, prepend=-1))
    rank = at - np.repeat(first, np.diff(first, append=ids.size))  # among those of the same id
    while rank.any():
        odd = rank % 2 == 1
        right = np.flatnonzero(odd)
        drows[at[right - 1]] += drows[at[right]]
        at, rank = at[~odd], rank[~odd] // 2
    dW = np.zeros((V, D), dtype)
    dW[rows[at]] = drows[at]
    if padding is not None:
        dW[padding] = 0
    return dW
