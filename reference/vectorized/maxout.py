"""Maxout.

The pieces of all groups are compared at once, one after another, and the number of the largest is
kept as a small integer; in the gradient each piece is dout times a mask of these numbers.
"""

from __future__ import annotations

import math

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
    before, after = x.shape[:axis], x.shape[axis + 1 :]
    groups = x.shape[axis] // pieces
    split = x.reshape(math.prod(before), groups, pieces, math.prod(after))
    best = split[:, :, 0].copy()
    places = np.zeros(best.shape, np.min_scalar_type(pieces))
    for k in range(1, pieces):
        larger = ~(split[:, :, k] <= best)
        larger &= best == best  # the first NaN stays
        np.maximum(best, split[:, :, k], out=best)
        np.maximum(places, larger * places.dtype.type(k), out=places)
    return best.reshape(*before, groups, *after), (places, pieces, axis, x.shape, x.dtype)


def maxout_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Gradient dx of `maxout_forward`, in the shape of x: each dout goes to its maximum."""
    places, pieces, axis, shape, dtype = cache
    groups = shape[axis] // pieces
    check_dout(dout, (*shape[:axis], groups, *shape[axis + 1 :]), dtype)
    dx = np.empty((len(places), groups, pieces, places.shape[-1]), dtype)
    for k in range(pieces):
        np.multiply(dout.reshape(places.shape), places == k, out=dx[:, :, k])
    return dx.reshape(shape)
