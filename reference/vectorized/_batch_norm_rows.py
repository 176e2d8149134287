"""Batch normalisation of rows (N, C): a call works on whole rows, which are long runs of memory.

The sums over a strip of rows are products with ones. Strips are walked once for the sums, and then
back for what needs them, since the last one is still there.
"""

from __future__ import annotations

import numpy as np

from reference.vectorized._batch_norm_maps import coefficients
from reference.vectorized._strips import strip_length, strips


def normalised(
    x: np.ndarray,
    mean: np.ndarray,
    var: np.ndarray,
    affine: tuple[np.ndarray | None, np.ndarray | None],
    eps: float,
    by_batch: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(out, rest, scale) by mean and var, after the batch's are written there if they are to be.

    `rest` is the mean of what a rounded mean leaves, `affine` are gamma and beta.
    """
    out, rest, n = np.empty(x.shape, x.dtype), np.zeros_like(mean), max(len(x), 1)
    parts, scratch, ones = _strips(x)
    if by_batch:
        for r in parts:
            mean += ones[: r.stop - r.start] @ x[r]
        mean /= n
        for r in parts:
            one, centred = ones[: r.stop - r.start], scratch[: r.stop - r.start]
            np.subtract(x[r], mean, out=centred)
            rest += one @ centred
            var += one @ np.multiply(centred, centred, out=out[r])
        rest /= n
        var /= n
        np.maximum(var - rest * rest, 0, out=var)
    scale, factor, constant = coefficients(var, rest, *affine, eps)
    for r in reversed(parts):
        centred = scratch[: r.stop - r.start]
        if not by_batch or r != parts[-1]:
            np.subtract(x[r], mean, out=centred)
        np.multiply(centred, factor, out=out[r])
        out[r] += constant
    return out, rest, scale


def gradients(
    dout: np.ndarray,
    x: np.ndarray,
    mean: np.ndarray,
    rest: np.ndarray,
    scale: np.ndarray,
    factor: np.ndarray,
    by_batch: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(dx, dgamma, dbeta), where dx is factor * dout if the statistics were given.

    By the batch's, mean + rest and 1 / scale**2, it is factor * dout + slope * (x - mean) +
    constant.
    """
    dx, n = np.empty(x.shape, x.dtype), max(len(x), 1)
    dgamma, dbeta = np.zeros((2, x.shape[1]), x.dtype)
    parts, scratch, ones = _strips(x)
    for r in parts:
        one, centred = ones[: r.stop - r.start], scratch[: r.stop - r.start]
        dbeta += one @ dout[r]
        np.subtract(x[r], mean, out=centred)
        dgamma += one @ np.multiply(centred, dout[r], out=dx[r])
    dgamma -= rest * dbeta
    dgamma *= scale
    slope = factor * scale * dgamma / -n
    constant = factor * dbeta / -n - slope * rest
    for r in reversed(parts):
        np.multiply(dout[r], factor, out=dx[r])
        if by_batch:
            centred = scratch[: r.stop - r.start]
            if r != parts[-1]:
                np.subtract(x[r], mean, out=centred)
            centred *= slope
            dx[r] += centred
            dx[r] += constant
    return dx, dgamma, dbeta


def _strips(x: np.ndarray) -> tuple[list[slice], np.ndarray, np.ndarray]:
    """Strips of rows, scratch for the longest of them, and ones to sum it with."""
    N, C = x.shape
    bytes_each = 3 * C * x.itemsize
    length = strip_length(N, bytes_each)
    return list(strips(N, bytes_each)), np.empty((length, C), x.dtype), np.ones(length, x.dtype)
