"""Exponential linear unit.

Without a branch, in strips that stay in cache: alpha * expm1(min(x, 0)) + max(x, 0), of which one
is always 0. The slope is exp(min(x, 0)), and alpha is looked up by a mask where it is not 1.
"""

from __future__ import annotations

import numpy as np

from reference._conv_arguments import check_dout
from reference._elu_arguments import check_elu
from reference.vectorized._strips import strip_length, strips


def elu_forward(x: np.ndarray, *, alpha: float = 1.0) -> tuple[np.ndarray, tuple]:
    """`torch.nn.functional.elu`: x where it is positive, else alpha * (exp(x) - 1), elementwise.

    x has any shape. It does not overflow, and NaN passes. Raises TypeError on anything but a
    floating-point array and a number, ValueError on a number that is not finite. The cache holds
    x itself.
    """
    alpha = check_elu(x, alpha)
    flat, out = x.reshape(-1), np.empty(x.size, x.dtype)
    bytes_each = 4 * x.itemsize
    scratch = np.empty(strip_length(x.size, bytes_each), x.dtype)
    for strip in strips(x.size, bytes_each):
        part, low = flat[strip], out[strip]
        np.expm1(np.minimum(part, 0, out=low), out=low)
        low *= alpha
        low += np.maximum(part, 0, out=scratch[: len(part)])
    return out.reshape(x.shape), (x, alpha)


def elu_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Gradient dx of `elu_forward`, in the shape of x; at x = 0 it is alpha * dout."""
    x, alpha = cache
    check_dout(dout, x.shape, x.dtype)
    flat, douts, dx = x.reshape(-1), dout.reshape(-1), np.empty(x.size, x.dtype)
    factors = np.array((1, alpha), x.dtype)
    bytes_each = 4 * x.itemsize
    for strip in strips(x.size, bytes_each):
        part, slope = flat[strip], dx[strip]
        np.exp(np.fmin(part, 0, out=slope), out=slope)  # fmin: the slope at nan is 1
        if alpha != 1:
            slope *= factors.take(part <= 0)
        slope *= douts[strip]
    return dx.reshape(x.shape)
