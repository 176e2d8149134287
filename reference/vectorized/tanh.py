"""Hyperbolic tangent.

`np.tanh` neither overflows nor cancels; the gradient is formed in the array that is returned, in
strips that stay in cache.
"""

from __future__ import annotations

import numpy as np

from reference._arguments import array
from reference._conv_arguments import check_dout
from reference.vectorized._strips import strips


def tanh_forward(x: np.ndarray) -> tuple[np.ndarray, tuple]:
    """`torch.tanh`: (exp(x) - exp(-x)) / (exp(x) + exp(-x)), elementwise; x has any shape.

    It does not overflow, and NaN passes. Raises TypeError on anything but a floating-point array.
    The cache holds out itself.
    """
    array("x", x)
    out = np.tanh(x, out=np.empty(x.shape, x.dtype))
    return out, (out,)


def tanh_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Gradient dx of `tanh_forward`, in the shape of x: dout * (1 - out**2)."""
    (out,) = cache
    check_dout(dout, out.shape, out.dtype)
    flat, douts, dx = out.reshape(-1), dout.reshape(-1), np.empty(out.size, out.dtype)
    bytes_each = 4 * out.itemsize
    for strip in strips(out.size, bytes_each):
        part = np.multiply(flat[strip], flat[strip], out=dx[strip])
        np.subtract(1, part, out=part)
        part *= douts[strip]
    return dx.reshape(out.shape)
