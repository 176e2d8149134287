"""Embedding: rows of a table picked by id, one id at a time."""

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
    out = np.zeros((*ids.shape, W.shape[1]), W.dtype)
    for n in np.ndindex(ids.shape):
        out[n] = W[ids[n]]
        if ids[n] == padding:
            out[n] = out[n].real  # a constant: the complex step sees no gradient either
    return out, (ids.copy(), padding, W.shape, W.dtype)


def embedding_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Gradient dW of `embedding_forward`: each dout is added to the row that was read."""
    ids, padding, (V, D), dtype = cache
    check_dout(dout, (*ids.shape, D), dtype)
    dW = np.zeros((V, D), dtype)
    for n in np.ndindex(ids.shape):
        if ids[n] != padding:
            dW[ids[n]] += dout[n]
    return dW
