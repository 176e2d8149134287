"""Group normalisation.

A group of channels is a row of numbers, a strip of rows is read into cache once and centred
there. Output and gradient are multiples per channel of dout and of the centred input, plus a
constant; their sums are taken per channel first, then added up over a group or over the batch.
"""

from __future__ import annotations

import numpy as np

from reference._arguments import number
from reference._conv_arguments import check_dout
from reference._group_norm_arguments import check_group_norm
from reference.vectorized._strips import strip_length, strips


def group_norm_forward(
    x: np.ndarray,
    gamma: np.ndarray | None,
    beta: np.ndarray | None,
    groups: int,
    *,
    eps: float = 1e-5,
) -> tuple[np.ndarray, tuple]:
    """`torch.nn.functional.group_norm`: gamma (x - mean) / sqrt(var + eps) + beta, per group.

    x (N, C, ...); gamma and beta (C,) or None. The C channels are divided into `groups` groups of
    neighbours; mean and biased variance are those of one group of one sample, over its channels
    and everything behind them. One group is layer normalisation with a gamma per channel, C groups
    are instance normalisation. The output has the shape of x. Raises TypeError and ValueError on
    bad arguments. The cache holds x itself.
    """
    groups, eps = check_group_norm(x, gamma, beta, groups), number("eps", eps, 0)
    maps = _maps(x, groups)
    R, K, P = maps.shape
    rows, out = maps.reshape(R, K * P), np.empty(maps.shape, x.dtype)
    weights = _per_row(np.ones(x.shape[1], x.dtype) if gamma is None else gamma, maps, groups)
    shifts = None if beta is None else _per_row(beta, maps, groups)
    mean, scale = np.empty((2, R, 1), x.dtype)
    bytes_each = 2 * K * P * x.itemsize
    for r in strips(R, bytes_each):
        mean[r] = rows[r].sum(axis=1, keepdims=True) / max(K * P, 1)
        centred = np.subtract(maps[r], mean[r, None], out=out[r])
        var = np.einsum("rkp,rkp->r", centred, centred)[:, None] / max(K * P, 1)
        scale[r] = 1 / np.sqrt(var + eps)
        centred *= (scale[r] * weights[r])[..., None]
        if shifts is not None:
            centred += shifts[r, :, None]
    given = gamma is not None, beta is not None
    return out.reshape(x.shape), (x, mean, scale, weights, given, groups)


def group_norm_backward(
    dout: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
    """Gradients (dx, dgamma, dbeta) of `group_norm_forward`, in the shapes of x, gamma and beta.

    dgamma and dbeta are None where gamma and beta were.
    """
    x, mean, scale, weights, (scaled, shifted), groups = cache
    check_dout(dout, x.shape, x.dtype)
    maps, douts = _maps(x, groups), _maps(dout, groups)
    R, K, P = maps.shape
    dx, sums, products = np.empty(maps.shape, x.dtype), *np.empty((2, R, K), x.dtype)
    bytes_each = 4 * K * P * x.itemsize
    scratch = np.empty((strip_length(R, bytes_each), K, P), x.dtype)
    for r in strips(R, bytes_each):
        dstrip, centred = douts[r], np.subtract(maps[r], mean[r, None], out=dx[r])
        sums[r] = np.einsum("rkp->rk", dstrip)
        products[r] = np.einsum("rkp,rkp->rk", dstrip, centred) * scale[r]
        through_mean = (weights[r] * sums[r]).sum(axis=1, keepdims=True) / max(K * P, 1)
        through_var = (weights[r] * products[r]).sum(axis=1, keepdims=True) / max(K * P, 1)
        centred *= (-through_var * scale[r] ** 2)[..., None]
        centred -= (through_mean * scale[r])[..., None]
        factor = (scale[r] * weights[r])[..., None]
        centred += np.multiply(dstrip, factor, out=scratch[: len(dstrip)])
    dgamma, dbeta = (a.reshape(x.shape[:2]).sum(axis=0) for a in (products, sums))
    return dx.reshape(x.shape), dgamma if scaled else None, dbeta if shifted else None


def _maps(x: np.ndarray, groups: int) -> np.ndarray:
    """x (N, C, ...) as (N groups, C / groups, P)."""
    N, C = x.shape[:2]
    return x.reshape(N * groups, C // groups, int(np.prod(x.shape[2:])))


def _per_row(vector: np.ndarray, maps: np.ndarray, groups: int) -> np.ndarray:
    """What every channel of every row has of a vector (C,): a new array (N groups, C / groups)."""
    R, K, _ = maps.shape
    return np.tile(vector.reshape(groups, K), (R // groups, 1))
