"""Batch normalisation, one channel at a time."""

from __future__ import annotations

import numpy as np

from reference._arguments import number
from reference._batch_norm_arguments import check_batch_norm, check_mode
from reference._conv_arguments import check_dout


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
    batch's, as `torch.nn.BatchNorm2d` does. Raises TypeError and ValueError on bad arguments.
    """
    check_batch_norm(x, gamma, beta, running_mean, running_var, running_var_update)
    by_batch = check_mode(x.shape, training, running_mean is not None, eps)
    momentum, eps = number("momentum", momentum), number("eps", eps)
    C, n = x.shape[1], x[:, :1].size
    out, xhat = np.zeros(x.shape, x.dtype), np.zeros(x.shape, x.dtype)
    mean, var, scale = np.zeros(C, x.dtype), np.zeros(C, x.dtype), np.zeros(C, x.dtype)
    if not by_batch:
        mean[:] = running_mean
        var[:] = running_var
    for c in range(C):
        if by_batch:
            mean[c] = np.sum(x[:, c]) / max(n, 1)
            var[c] = np.sum((x[:, c] - mean[c]) ** 2) / max(n, 1)
        scale[c] = 1 / np.sqrt(var[c] + eps)
        xhat[:, c] = (x[:, c] - mean[c]) * scale[c]
        out[:, c] = xhat[:, c]
        if gamma is not None:
            out[:, c] *= gamma[c]
        if beta is not None:
            out[:, c] += beta[c]
    if running_mean is not None and running_var is not None:
        running_mean, running_var = running_mean.copy(), running_var.copy()
        if training and n > 0:
            if running_var_update == "unbiased":
                var = var * (n / (n - 1))
            running_mean = _moved(running_mean, mean, momentum)
            running_var = _moved(running_var, var, momentum)
    gamma = None if gamma is None else gamma.copy()
    return out, running_mean, running_var, (xhat, scale, gamma, beta is not None, by_batch)


def _moved(running: np.ndarray, statistic: np.ndarray, momentum: float) -> np.ndarray:
    return (1 - momentum) * running + momentum * statistic


def batch_norm_backward(
    dout: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
    """Gradients (dx, dgamma, dbeta) of `batch_norm_forward`, in the shapes of x, gamma and beta.

    dgamma and dbeta are None where gamma and beta were.
    """
    xhat, scale, gamma, shifted, by_batch = cache
    check_dout(dout, xhat.shape, xhat.dtype)
    C, n = xhat.shape[1], xhat[:, :1].size
    dx = np.zeros(xhat.shape, xhat.dtype)
    dgamma, dbeta = np.zeros(C, xhat.dtype), np.zeros(C, xhat.dtype)
    for c in range(C):
        dbeta[c] = np.sum(dout[:, c])
        dgamma[c] = np.sum(dout[:, c] * xhat[:, c])
        dxhat = dout[:, c] if gamma is None else dout[:, c] * gamma[c]
        dx[:, c] = dxhat
        if by_batch:
            dx[:, c] -= np.sum(dxhat) / max(n, 1)  # through the mean
            dx[:, c] -= xhat[:, c] * np.sum(dxhat * xhat[:, c]) / max(n, 1)  # the variance
        dx[:, c] *= scale[c]
    return dx, None if gamma is None else dgamma, dbeta if shifted else None
