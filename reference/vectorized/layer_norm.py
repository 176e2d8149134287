"""Layer normalisation.

A strip of whole samples is read into cache once and centred there; its variance is the mean of
squares of the centred values. All sums of the gradients are products of a matrix and a vector.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from reference._arguments import number
from reference._conv_arguments import check_dout
from reference._layer_norm_arguments import check_layer_norm
from reference.vectorized._strips import strip_length, strips


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
    shape of x. Raises TypeError and ValueError on bad arguments. The cache holds x itself.
    """
    features = check_layer_norm(x, gamma, beta, normalized_shape)
    eps = number("eps", eps, 0)
    rows = _rows(x, features)
    N, D = rows.shape
    out = np.empty(rows.shape, x.dtype)
    mean, scale = np.empty((2, N, 1), x.dtype)
    bytes_each = 2 * D * x.itemsize
    for n in strips(N, bytes_each):
        mean[n] = rows[n].sum(axis=1, keepdims=True) / max(D, 1)
        centred = np.subtract(rows[n], mean[n], out=out[n])
        var = np.einsum("nd,nd->n", centred, centred)[:, None] / max(D, 1)
        scale[n] = 1 / np.sqrt(var + eps)
        centred *= scale[n]
        if gamma is not None:
            centred *= gamma.reshape(D)
        if beta is not None:
            centred += beta.reshape(D)
    gamma = None if gamma is None else gamma.copy()
    return out.reshape(x.shape), (x, mean, scale, gamma, beta is not None, features)


def layer_norm_backward(
    dout: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
    """Gradients (dx, dgamma, dbeta) of `layer_norm_forward`, in the shapes of x, gamma and beta.

    dgamma and dbeta are None where gamma and beta were.
    """
    x, mean, scale, gamma, shifted, features = cache
    check_dout(dout, x.shape, x.dtype)
    rows, douts = _rows(x, features), _rows(dout, features)
    N, D = rows.shape
    dx, dgamma, dbeta = np.empty(rows.shape, x.dtype), *np.zeros((2, D), x.dtype)
    weights = np.ones(D, x.dtype) if gamma is None else gamma.reshape(D)
    bytes_each = 4 * D * x.itemsize
    scratch = np.empty((strip_length(N, bytes_each), D), x.dtype)
    for n in strips(N, bytes_each):
        dstrip, ones = douts[n], np.ones(n.stop - n.start, x.dtype)
        centred, product = np.subtract(rows[n], mean[n], out=dx[n]), scratch[: len(dstrip)]
        np.multiply(dstrip, centred, out=product)
        dbeta += ones @ dstrip
        dgamma += scale[n, 0] @ product
        through_mean = dstrip @ weights / max(D, 1)
        through_var = product @ weights / max(D, 1) * scale[n, 0] ** 2
        centred *= through_var[:, None]
        centred += through_mean[:, None]
        np.subtract(np.multiply(dstrip, weights, out=product), centred, out=centred)
        centred *= scale[n]
    dgamma, dbeta = dgamma.reshape(features), dbeta.reshape(features)
    return dx.reshape(x.shape), None if gamma is None else dgamma, dbeta if shifted else None


def _rows(x: np.ndarray, features: tuple[int, ...]) -> np.ndarray:
    """x (..., *features) as (N, D)."""
    lead = x.shape[: x.ndim - len(features)]
    return x.reshape(math.prod(lead), math.prod(features))
