"""Maxout, one group of channels at a time."""

from __future__ import annotations

import numpy as np

from reference._conv_arguments import check_dout
from reference._maxout_arguments import check_maxout


def maxout_forward(x: np.ndarray, pieces: int, *, axis: int = 1) -> tuple[np.ndarray, tuple]:
    """`torch.max` over groups of `pieces` consecutive channels (Goodfellow et al., 2013).

    x has C channels along `axis`, the output C / pieces; the other axes are kept. Of equal values
    the first has the gradient, and of several NaN too. Raises TypeError and ValueError on bad
    arguments, `pieces` that does not divide C among them.
    """
    axis = check_maxout(x, pieces, axis)
    rows = np.moveaxis(x, axis, -1)
    best = np.zeros((*rows.shape[:-1], rows.shape[-1] // pieces), x.dtype)
    argmax = np.zeros(best.shape, np.intp)
    for n in np.ndindex(best.shape):
        first = n[-1] * pieces
        group = rows[n[:-1]][first : first + pieces]
        argmax[n] = first + np.argmax(group.real)
        best[n] = rows[n[:-1]][argmax[n]]
    out = np.moveaxis(best, -1, axis)
    return out, (argmax, axis, x.shape, x.dtype)


def maxout_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Gradient dx of `maxout_forward`, in the shape of x: each dout goes to its maximum."""
    argmax, axis, shape, dtype = cache
    check_dout(dout, np.moveaxis(argmax, -1, axis).shape, dtype)
    dx = np.zeros(shape, dtype)
    drows, dbest = np.moveaxis(dx, axis, -1), np.moveaxis(dout, axis, -1)
    for n in np.ndindex(argmax.shape):
        drows[n[:-1]][argmax[n]] = dbest[n]
    return dx
