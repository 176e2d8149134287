"""Batch normalisation.

A strip of whole channels is centred in scratch, as the maps of a channel lie too far apart to stay
in cache; its variance is the mean of squares there. Per channel the output is a multiple of the
centred input plus a constant, and the gradient A * dout + B * centred + constant.
"""

from __future__ import annotations

import math

import numpy as np

from reference._arguments import number
from reference._batch_norm_arguments import check_batch_norm, check_mode
from reference._conv_arguments import check_dout
from reference.vectorized._strips import strip_length, strips


def batch_norm_forward(
    x: np.ndarray,
    gamma: np.ndarray | None,
    beta: np.ndarray | None,
    running_mean: np.ndarray | None,
    running_var: np.ndarray | None,
    *,
    training: bool,
    momentum: float = 0.1,
    eps: float = 1e-5,
    running_var_update: str = "unbiased",
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None, tuple]:
    """`torch.nn.functional.batch_norm`: gamma (x - mean) / sqrt(var + eps) + beta, per channel.

    x (N, C) or (N, C, H, W); gamma, beta, running_mean and running_var (C,) or None. Returns
    (out, running_mean, running_var, cache), the running statistics as new arrays (or None).
    Training normalises by the mean and biased variance of the batch and moves the running ones
    towards them by `momentum`: running_var towards the "unbiased" variance (torch) or the "biased"
    one (some courses). Evaluation normalises by the running statistics, or without them by the
    batch's, as `torch.nn.BatchNorm2d` does. Raises TypeError and ValueError on bad arguments. The
    cache holds x itself.
    """
    check_batch_norm(x, gamma, beta, running_mean, running_var, running_var_update)
    by_batch = check_mode(x.shape, training, running_mean is not None, eps)
    momentum, eps = number("momentum", momentum), number("eps", eps)
    maps = _maps(x)
    N, C, P = maps.shape
    out, n = np.empty(maps.shape, x.dtype), max(N * P, 1)
    # The mean is kept in two parts: its rounded value, and the mean of what that leaves.
    mean, rest, var, scale = np.zeros((4, C), x.dtype)
    if not by_batch:
        mean[:], var[:] = running_mean, running_var
    bytes_each = N * P * x.itemsize
    scratch = np.empty((N, strip_length(C, bytes_each), P), x.dtype)
    for c in strips(C, bytes_each):
        if by_batch:
            mean[c] = np.einsum("ncp->c", maps[:, c]) / n
        centred = np.subtract(maps[:, c], mean[c, None], out=scratch[:, : c.stop - c.start])
        if by_batch:
            rest[c] = np.einsum("ncp->c", centred) / n
            var[c] = np.einsum("ncp,ncp->c", centred, centred) / n
            var[c] = np.maximum(var[c] - rest[c] ** 2, 0)
        scale[c] = 1 / np.sqrt(var[c] + eps)
        factor = scale[c] if gamma is None else scale[c] * gamma[c]
        constant = -rest[c] * factor if beta is None else beta[c] - rest[c] * factor
        centred *= factor[:, None]
        np.add(centred, constant[:, None], out=out[:, c])
    if running_mean is not None and running_var is not None:
        rate = momentum if training and x.size else None
        if running_var_update == "unbiased" and rate is not None:
            var *= n / (n - 1)
        running_mean = _moved(running_mean, mean + rest, rate)
        running_var = _moved(running_var, var, rate)
    factor = scale if gamma is None else scale * gamma
    affine = gamma is not None, beta is not None
    cache = x, mean, rest, scale, factor, affine, by_batch
    return out.reshape(x.shape), running_mean, running_var, cache


def batch_norm_backward(
    dout: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
    """Gradients (dx, dgamma, dbeta) of `batch_norm_forward`, in the shapes of x, gamma and beta.

    dgamma and dbeta are None where gamma and beta were.
    """
    x, mean, rest, scale, factor, (scaled, shifted), by_batch = cache
    check_dout(dout, x.shape, x.dtype)
    maps, douts = _maps(x), _maps(dout)
    N, C, P = maps.shape
    dx, n = np.empty(maps.shape, x.dtype), max(N * P, 1)
    dgamma, dbeta = np.empty((2, C), x.dtype)
    bytes_each = 2 * N * P * x.itemsize
    scratch = np.empty((2, N, strip_length(C, bytes_each), P), x.dtype)
    for c in strips(C, bytes_each):
        centred, dstrip = scratch[:, :, : c.stop - c.start]
        np.subtract(maps[:, c], mean[c, None], out=centred)
        dstrip[...] = douts[:, c]
        dbeta[c] = np.einsum("ncp->c", dstrip)
        dgamma[c] = np.einsum("ncp,ncp->c", dstrip, centred) - rest[c] * dbeta[c]
        dgamma[c] *= scale[c]
        if not by_batch:
            np.multiply(dstrip, factor[c, None], out=dx[:, c])
            continue
        slope = -factor[c] * scale[c] * dgamma[c] / n
        constant = -factor[c] * dbeta[c] / n - slope * rest[c]
        centred *= slope[:, None]
        centred += constant[:, None]
        dstrip *= factor[c, None]
        np.add(centred, dstrip, out=dx[:, c])
    return dx.reshape(x.shape), dgamma if scaled else None, dbeta if shifted else None


def _moved(running: np.ndarray, statistic: np.ndarray, rate: float | None) -> np.ndarray:
    """A new running statistic, moved by `rate` towards one of the batch, or not moved."""
    return running.copy() if rate is None else (1 - rate) * running + rate * statistic


def _maps(x: np.ndarray) -> np.ndarray:
    """x (N, C) or (N, C, H, W) as (N, C, H W)."""
    return x.reshape(*x.shape[:2], math.prod(x.shape[2:]))
