"""The k largest (or smallest) elements along an axis, one row at a time."""

from __future__ import annotations

import numpy as np

from reference._arguments import cotangent
from reference._top_k_arguments import check_top_k


def top_k_forward(
    x: np.ndarray, k: int, *, axis: int = -1, largest: bool = True
) -> tuple[np.ndarray, np.ndarray, tuple]:
    """`torch.topk`: the k largest elements along an axis, largest first, and where they stand.

    x has any shape of at least one dimension; values and indices (int64) have k in place of the
    length of `axis`. With `largest` False they are the k smallest, smallest first. NaN counts as
    the largest. Which of equal elements come first is not defined. Raises TypeError and
    ValueError on bad arguments.
    """
    k, axis, largest = check_top_k(x, k, axis, largest)
    rows = np.moveaxis(x, axis, -1)
    values = np.zeros((*rows.shape[:-1], k), x.dtype)
    indices = np.zeros(values.shape, np.int64)
    for i in np.ndindex(rows.shape[:-1]):
        order = np.argsort(rows[i].real)
        if largest:
            order = order[::-1]
        for j in range(k):
            indices[i][j] = order[j]
            values[i][j] = rows[i][order[j]]
    kept = indices.copy(), axis, x.shape, x.dtype
    return np.moveaxis(values, -1, axis), np.moveaxis(indices, -1, axis), kept


def top_k_backward(dvalues: np.ndarray, cache: tuple) -> np.ndarray:
    """Gradient dx of `top_k_forward`: each dvalue goes where the value came from."""
    indices, axis, shape, dtype = cache
    cotangent("dvalues", dvalues, np.moveaxis(indices, -1, axis).shape, dtype)
    dx = np.zeros(shape, dtype)
    drows, dvalues = np.moveaxis(dx, axis, -1), np.moveaxis(dvalues, axis, -1)
    for i in np.ndindex(indices.shape[:-1]):
        for j in range(indices.shape[-1]):
            drows[i][indices[i][j]] += dvalues[i][j]
    return dx
