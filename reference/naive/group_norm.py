"""Group normalisation, one group of channels of one sample at a time."""

from __future__ import annotations

import numpy as np

from reference._arguments import number
from reference._conv_arguments import check_dout
from reference._group_norm_arguments import check_group_norm


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
    bad arguments.
    """
    groups, eps = check_group_norm(x, gamma, beta, groups), number("eps", eps, 0)
    N, C = x.shape[:2]
    out, xhat = np.zeros(x.shape, x.dtype), np.zeros(x.shape, x.dtype)
    scale = np.zeros((N, groups), x.dtype)
    for n, g in np.ndindex(N, groups):
        k = _channels(g, groups, C)
        m = max(x[n, k].size, 1)
        mean = np.sum(x[n, k]) / m
        var = np.sum((x[n, k] - mean) ** 2) / m
        scale[n, g] = 1 / np.sqrt(var + eps)
        xhat[n, k] = (x[n, k] - mean) * scale[n, g]
    for c in range(C):
        out[:, c] = xhat[:, c]
        if gamma is not None:
            out[:, c] *= gamma[c]
        if beta is not None:
            out[:, c] += beta[c]
    gamma = None if gamma is None else gamma.copy()
    return out, (xhat, scale, gamma, beta is not None)


def _channels(g: int, groups: int, C: int) -> slice:
    """The channels of group g."""
    size = C // groups
    return slice(g * size, (g + 1) * size)


def group_norm_backward(
    dout: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
    """Gradients (dx, dgamma, dbeta) of `group_norm_forward`, in the shapes of x, gamma and beta.

    dgamma and dbeta are None where gamma and beta were.
    """
    xhat, scale, gamma, shifted = cache
    check_dout(dout, xhat.shape, xhat.dtype)
    C, (N, groups) = xhat.shape[1], scale.shape
    dx, dxhat = np.zeros(xhat.shape, xhat.dtype), np.zeros(xhat.shape, xhat.dtype)
    dgamma, dbeta = np.zeros(C, xhat.dtype), np.zeros(C, xhat.dtype)
    for c in range(C):
        dbeta[c] = np.sum(dout[:, c])
        dgamma[c] = np.sum(dout[:, c] * xhat[:, c])
        dxhat[:, c] = dout[:, c] if gamma is None else dout[:, c] * gamma[c]
    for n, g in np.ndindex(N, groups):
        k = _channels(g, groups, C)
        m = max(xhat[n, k].size, 1)
        dx[n, k] = dxhat[n, k]
        dx[n, k] -= np.sum(dxhat[n, k]) / m  # through the mean
        dx[n, k] -= xhat[n, k] * np.sum(dxhat[n, k] * xhat[n, k]) / m  # through the variance
        dx[n, k] *= scale[n, g]
    return dx, None if gamma is None else dgamma, dbeta if shifted else None
