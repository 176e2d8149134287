"""Logarithm of the softmax along an axis.

The inputs are shifted in an array of their own, which loses the logarithm of the sum of their
exponentials in place and is the cache; the gradient is formed in the array of probabilities.
"""

from __future__ import annotations

import numpy as np

from reference._axis_arguments import check_axis
from reference._conv_arguments import check_dout


def log_softmax_forward(x: np.ndarray, *, axis: int = -1) -> tuple[np.ndarray, tuple]:
    """`torch.log_softmax`: x less the logarithm of the sum of exp(x) along `axis`.

    x has any shape, and so has the output. The largest element of a row is subtracted first, so
    that exp does not overflow, and no probability is formed that could underflow to 0. Raises
    TypeError and ValueError on bad arguments. The cache holds out itself.
    """
    axis = check_axis(x, axis)
    largest = x.max(axis=axis, keepdims=True, initial=-np.inf)
    out = np.subtract(x, largest, out=np.empty(x.shape, x.dtype))
    total = np.exp(out, out=np.empty_like(out)).sum(axis=axis, keepdims=True)
    out -= np.log(total)
    return out, (out, axis)


def log_softmax_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Gradient dx of `log_softmax_forward`, in the shape of x."""
    logp, axis = cache
    check_dout(dout, logp.shape, logp.dtype)
    dx = np.exp(logp, out=np.empty_like(logp))
    dx *= dout.sum(axis=axis, keepdims=True)
    return np.subtract(dout, dx, out=dx)
