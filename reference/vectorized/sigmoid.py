"""Logistic sigmoid.

Strips that stay in cache; exp(-|x|) cannot overflow, and the larger of it and the mask x >= 0 is
the numerator, 1 on one side and exp(x) on the other, without a branch.
"""

from __future__ import annotations

import numpy as np

from reference._arguments import array
from reference._conv_arguments import check_dout
from reference.vectorized._strips import strip_length, strips


def sigmoid_forward(x: np.ndarray) -> tuple[np.ndarray, tuple]:
    """`torch.nn.functional.sigmoid`: 1 / (1 + exp(-x)), elementwise; x has any shape.

    It does not overflow, and NaN passes. Raises TypeError on anything but a floating-point array.
    The cache holds out itself.
    """
    array("x", x)
    flat, out = x.reshape(-1), np.empty(x.size, x.dtype)
    bytes_each = 4 * x.itemsize
    scratch = np.empty(strip_length(x.size, bytes_each), x.dtype)
    for strip in strips(x.size, bytes_each):
        part = flat[strip]
        e = np.abs(part, out=scratch[: len(part)])
        np.exp(np.negative(e, out=e), out=e)
        top = np.maximum(e, part >= 0, out=out[strip])
        e += 1
        top /= e
    out = out.reshape(x.shape)
    return out, (out,)


def sigmoid_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Gradient dx of `sigmoid_forward`, in the shape of x: dout * out * (1 - out)."""
    (out,) = cache
    check_dout(dout, out.shape, out.dtype)
    flat, douts, dx = out.reshape(-1), dout.reshape(-1), np.empty(out.size, out.dtype)
    bytes_each = 4 * out.itemsize
    for strip in strips(out.size, bytes_each):
        part = np.subtract(1, flat[strip], out=dx[strip])
        part *= flat[strip]
        part *= douts[strip]
    return dx.reshape(out.shape)
