"""Layer normalisation, one sample at a time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from reference._arguments import number
from reference._conv_arguments import check_dout
from reference._layer_norm_arguments import check_layer_norm


def layer_norm_forward(
    x: np.ndarray,
    gamma: np.ndarray | None,
    beta: np.ndarray | None,
    *,
    normalized_shape: Any = None,
    eps: float = 1e-5,
) -> tuple[np.ndarray, tuple]:
    """`torch.nn.functional.layer_norm`: gamma (x - mean) / sqrt(var + eps) + beta, per sample.

    x (..., *normalized_shape); gamma and beta (*normalized_shape) or None. The mean and the biased
    variance are those of the last axes: of `normalized_shape`, an int or several, which is by
    default the shape of gamma or beta, and without these the last axis alone. The output has the
    shape of x. Raises TypeError and ValueError on bad arguments.
    """
    features = check_layer_norm(x, gamma, beta, normalized_shape)
    eps = number("eps", eps, 0)
    lead, D = x.shape[: x.ndim - len(features)], max(math.prod(features), 1)
    out, xhat = np.zeros(x.shape, x.dtype), np.zeros(x.shape, x.dtype)
    scale = np.zeros(lead, x.dtype)
    for n in np.ndindex(lead):
        mean = np.sum(x[n]) / D
        var = np.sum((x[n] - mean) ** 2) / D
        scale[n] = 1 / np.sqrt(var + eps)
        xhat[n] = (x[n] - mean) * scale[n]
        out[n] = xhat[n]
        if gamma is not None:
            out[n] *= gamma
        if beta is not None:
            out[n] += beta
    gamma = None if gamma is None else gamma.copy()
    return out, (xhat, scale, gamma, beta is not None)


def layer_norm_backward(
    dout: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
    """Gradients (dx, dgamma, dbeta) of `layer_norm_forward`, in the shapes of x, gamma and beta.

    dgamma and dbeta are None where gamma and beta were.
    """
    xhat, scale, gamma, shifted = cache
    check_dout(dout, xhat.shape, xhat.dtype)
    lead, features = scale.shape, xhat.shape[scale.ndim :]
    D = max(math.prod(features), 1)
    dx = np.zeros(xhat.shape, xhat.dtype)
    dgamma, dbeta = np.zeros(features, xhat.dtype), np.zeros(features, xhat.dtype)
    for n in np.ndindex(lead):
        dbeta += dout[n]
        dgamma += dout[n] * xhat[n]
        dxhat = dout[n] if gamma is None else dout[n] * gamma
        dx[n] = dxhat
        dx[n] -= np.sum(dxhat) / D  # through the mean
        dx[n] -= xhat[n] * np.sum(dxhat * xhat[n]) / D  # through the variance
        dx[n] *= scale[n]
    return dx, None if gamma is None else dgamma, dbeta if shifted else None
