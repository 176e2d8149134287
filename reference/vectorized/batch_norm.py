"""Batch normalisation.

Per channel the output is a multiple of the centred input plus a constant, and the gradient
A * dout + B * centred + constant. Maps are walked a strip of channels at a time, rows without maps
a strip of rows.
"""

from __future__ import annotations

import math

import numpy as np

from reference._arguments import number
from reference._batch_norm_arguments import check_batch_norm, check_mode
from reference._conv_arguments import check_dout
from reference.vectorized import _batch_norm_maps, _batch_norm_rows


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
    mean, var = np.zeros((2, C), x.dtype)
    if not by_batch:
        mean[:], var[:] = running_mean, running_var
    given = mean, var, (gamma, beta), eps, by_batch
    if P == 1:
        out, rest, scale = _batch_norm_rows.normalised(x.reshape(N, C), *given)
    else:
        out, rest, scale = _batch_norm_maps.normalised(maps, *given)
    if running_mean is not None and running_var is not None:
        rate = momentum if training and x.size else None
        if running_var_update == "unbiased" and rate is not None:
            var *= N * P / (N * P - 1)
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
    N, C, P = _maps(x).shape
    given = mean, rest, scale, factor, by_batch
    if P == 1:
        rows = dout.reshape(N, C), x.reshape(N, C)
        dx, dgamma, dbeta = _batch_norm_rows.gradients(*rows, *given)
    else:
        dx, dgamma, dbeta = _batch_norm_maps.gradients(_maps(dout), _maps(x), *given)
    return dx.reshape(x.shape), dgamma if scaled else None, dbeta if shifted else None


def _moved(running: np.ndarray, statistic: np.ndarray, rate: float | None) -> np.ndarray:
    """A new running statistic, moved by `rate` towards one of the batch, or not moved."""
    return running.copy() if rate is None else (1 - rate) * running + rate * statistic


def _maps(x: np.ndarray) -> np.ndarray:
    """x (N, C) or (N, C, H, W) as (N, C, H W)."""
    return x.reshape(*x.shape[:2], math.prod(x.shape[2:]))
