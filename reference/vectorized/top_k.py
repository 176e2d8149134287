"""The k largest (or smallest) elements along an axis.

A partition finds the k elements in linear time, and only these are sorted. The gradient is one
scatter: no element is taken twice.
"""

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
    n = rows.shape[-1]
    if k < n:
        found = np.argpartition(rows, n - k - 1 if largest else k, axis=-1)
        found = found[..., n - k :] if largest else found[..., :k]
    else:
        found = np.broadcast_to(np.arange(n), rows.shape)
    order = np.argsort(np.take_along_axis(rows, found, axis=-1), axis=-1)
    order = order[..., ::-1] if largest else order
    indices = np.take_along_axis(found, order, axis=-1).astype(np.int64, copy=False)
    values = np.moveaxis(np.take_along_axis(rows, indices, axis=-1), -1, axis)
    indices = np.moveaxis(indices, -1, axis)
    return values, indices, (indices.copy(), axis, x.shape, x.dtype)


def top_k_backward(dvalues: np.ndarray, cache: tuple) -> np.ndarray:
    """Gradient dx of `top_k_forward`: each dvalue goes where the value came from."""
    indices, axis, shape, dtype = cache
    cotangent("dvalues", dvalues, indices.shape, dtype)
    dx = np.zeros(shape, dtype)
    np.put_along_axis(dx, indices, dvalues, axis=axis)
    return dx
