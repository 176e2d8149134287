"""Batch normalisation of maps (N, C, H W), a strip of whole channels at a time.

A strip is centred in scratch, as the maps of a channel lie too far apart to stay in cache; its
variance is the mean of squares there.
"""

from __future__ import annotations

import numpy as np

from reference.vectorized._strips import strip_length, strips


def normalised(
    maps: np.ndarray,
    mean: np.ndarray,
    var: np.ndarray,
    affine: tuple[np.ndarray | None, np.ndarray | None],
    eps: float,
    by_batch: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(out, rest, scale) by mean and var, after the batch's are written there if they are to be.

    The mean is kept in two parts: its rounded value, and `rest`, the mean of what that leaves.
    `affine` are gamma and beta.
    """
    N, C, P = maps.shape
    out, n = np.empty(maps.shape, maps.dtype), max(N * P, 1)
    rest, scale = np.zeros((2, C), maps.dtype)
    bytes_each = N * P * maps.itemsize
    scratch = np.empty((N, strip_length(C, bytes_each), P), maps.dtype)
    for c in strips(C, bytes_each):
        if by_batch:
            mean[c] = np.einsum("ncp->c", maps[:, c]) / n
        centred = np.subtract(maps[:, c], mean[c, None], out=scratch[:, : c.stop - c.start])
        if by_batch:
            rest[c] = np.einsum("ncp->c", centred) / n
            var[c] = np.einsum("ncp,ncp->c", centred, centred) / n
            var[c] = np.maximum(var[c] - rest[c] ** 2, 0)
        gamma, beta = (None if a is None else a[c] for a in affine)
        scale[c], factor, constant = coefficients(var[c], rest[c], gamma, beta, eps)
        centred *= factor[:, None]
        np.add(centred, constant[:, None], out=out[:, c])
    return out, rest, scale


def coefficients(
    var: np.ndarray,
    rest: np.ndarray,
    gamma: np.ndarray | None,
    beta: np.ndarray | None,
    eps: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(scale, factor, constant) per channel: the output is factor * (x - mean) + constant."""
    scale = 1 / np.sqrt(var + eps)
    factor = scale if gamma is None else scale * gamma
    return scale, factor, -rest * factor if beta is None else beta - rest * factor


def gradients(
    douts: np.ndarray,
    maps: np.ndarray,
    mean: np.ndarray,
    rest: np.ndarray,
    scale: np.ndarray,
    factor: np.ndarray,
    by_batch: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(dx, dgamma, dbeta), where dx is factor * dout if the statistics were given."""
    N, C, P = maps.shape
    dx, n = np.empty(maps.shape, maps.dtype), max(N * P, 1)
    dgamma, dbeta = np.empty((2, C), maps.dtype)
    bytes_each = 2 * N * P * maps.itemsize
    scratch = np.empty((2, N, strip_length(C, bytes_each), P), maps.dtype)
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
    return dx, dgamma, dbeta
