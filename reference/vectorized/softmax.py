"""Softmax along an axis.

One array in the shape of x goes through shifted inputs and their exponentials to probabilities,
in place, and is the cache; the gradient is formed in the array of its products with dout.
"""

from __future__ import annotations

import numpy as np

from reference._axis_arguments import check_axis
from reference._conv_arguments import check_dout


def softmax_forward(x: np.ndarray, *, axis: int = -1) -> tuple[np.ndarray, tuple]:
    """`torch.softmax`: exp(x) along `axis`, divided by its sum there; x has any shape.

    The largest element of a row is subtracted first, so that exp does not overflow. The output has
    the shape of x. Raises TypeError and ValueError on bad arguments. The cache holds out itself.
    """
    axis = check_axis(x, axis)
    largest = x.max(axis=axis, keepdims=True, initial=-np.inf)
    out = np.subtract(x, largest, out=np.empty(x.shape, x.dtype))
    np.exp(out, out=out)
    out /= out.sum(axis=axis, keepdims=True)
    return out, (out, axis)


def softmax_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Gradient dx of `softmax_forward`, in the shape of x."""
    p, axis = cache
    check_dout(dout, p.shape, p.dtype)
    dx = np.multiply(dout, p, out=np.empty(p.shape, p.dtype))
    total = dx.sum(axis=axis, keepdims=True)
    np.subtract(dout, total, out=dx)
    dx *= p
    return dx
