"""Parametric rectified linear unit.

The slope at every element, 1 or that of its channel, is computed once, without branches, and
kept: output and dx are products with it. dw sums dout times the negative part of x.
"""

from __future__ import annotations

import numpy as np

from reference._conv_arguments import check_dout
from reference._prelu_arguments import check_prelu


def prelu_forward(x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, tuple]:
    """`torch.nn.functional.prelu`: x where it is positive, else w x, with a w for each channel.

    x has any shape, and so has the output; w (C,) holds the slopes of the channels, which are axis
    1 of x, or (1,) that of all elements. Raises TypeError and ValueError on bad arguments. The
    cache holds x itself.
    """
    check_prelu(x, w)
    along = (1, len(w), *[1] * (x.ndim - 2)) if x.ndim > 1 else (1,) * x.ndim
    on = np.asarray(x > 0)
    slope = np.multiply(~on, w.reshape(along), out=np.empty(x.shape, x.dtype))
    slope += on
    out = np.multiply(x, slope, out=np.empty(x.shape, x.dtype))
    return out, (x, slope, len(w))


def prelu_backward(dout: np.ndarray, cache: tuple) -> tuple[np.ndarray, np.ndarray]:
    """Gradients (dx, dw) of `prelu_forward`, in the shapes of x and w; at x = 0 the slope is w."""
    x, slope, slopes = cache
    check_dout(dout, x.shape, x.dtype)
    dx = np.multiply(dout, slope, out=np.empty(x.shape, x.dtype))
    dslope = np.minimum(x, 0, out=np.empty(x.shape, x.dtype))
    dslope *= dout
    axes = tuple(axis for axis in range(x.ndim) if axis != 1 or slopes == 1)
    return dx, dslope.sum(axis=axes).reshape(slopes)
