"""Softmax along an axis, one row at a time."""

from __future__ import annotations

import numpy as np

from reference._axis_arguments import check_axis
from reference._conv_arguments import check_dout


def softmax_forward(x: np.ndarray, *, axis: int = -1) -> tuple[np.ndarray, tuple]:
    """`torch.softmax`: exp(x) along `axis`, divided by its sum there; x has any shape.

    The largest element of a row is subtracted first, so that exp does not overflow. The output has
    the shape of x. Raises TypeError and ValueError on bad arguments.
    """
    axis = check_axis(x, axis)
    rows = np.moveaxis(np.atleast_1d(x), axis, -1)
    p = np.zeros(rows.shape, x.dtype)
    for n in np.ndindex(rows.shape[:-1]):
        shifted = rows[n] - np.max(rows[n].real, initial=-np.inf)
        p[n] = np.exp(shifted) / np.sum(np.exp(shifted))
    out = np.moveaxis(p, -1, axis).reshape(x.shape)
    return out, (p.copy(), axis, x.shape)


def softmax_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Gradient dx of `softmax_forward`, in the shape of x."""
    p, axis, shape = cache
    check_dout(dout, shape, p.dtype)
    drows = np.moveaxis(np.atleast_1d(dout), axis, -1)
    dx = np.zeros(p.shape, p.dtype)
    for n in np.ndindex(p.shape[:-1]):
        dx[n] = p[n] * (drows[n] - np.sum(drows[n] * p[n]))
    return np.moveaxis(dx, -1, axis).reshape(shape)
