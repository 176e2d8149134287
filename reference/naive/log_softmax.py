"""Logarithm of the softmax along an axis, one row at a time."""

from __future__ import annotations

import numpy as np

from reference._axis_arguments import check_axis
from reference._conv_arguments import check_dout


def log_softmax_forward(x: np.ndarray, *, axis: int = -1) -> tuple[np.ndarray, tuple]:
    """`torch.log_softmax`: x less the logarithm of the sum of exp(x) along `axis`.

    x has any shape, and so has the output. The largest element of a row is subtracted first, so
    that exp does not overflow, and no probability is formed that could underflow to 0. Raises
    TypeError and ValueError on bad arguments.
    """
    axis = check_axis(x, axis)
    rows = np.moveaxis(np.atleast_1d(x), axis, -1)
    logp = np.zeros(rows.shape, x.dtype)
    for n in np.ndindex(rows.shape[:-1]):
        shifted = rows[n] - np.max(rows[n].real, initial=-np.inf)
        logp[n] = shifted - np.log(np.sum(np.exp(shifted)))
    out = np.moveaxis(logp, -1, axis).reshape(x.shape)
    return out, (logp.copy(), axis, x.shape)


def log_softmax_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Gradient dx of `log_softmax_forward`, in the shape of x."""
    logp, axis, shape = cache
    check_dout(dout, shape, logp.dtype)
    drows = np.moveaxis(np.atleast_1d(dout), axis, -1)
    dx = np.zeros(logp.shape, logp.dtype)
    for n in np.ndindex(logp.shape[:-1]):
        dx[n] = drows[n] - np.exp(logp[n]) * np.sum(drows[n])
    return np.moveaxis(dx, -1, axis).reshape(shape)
