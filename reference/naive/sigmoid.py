"""Logistic sigmoid."""

from __future__ import annotations

import numpy as np

from reference._arguments import array
from reference._conv_arguments import check_dout


def sigmoid_forward(x: np.ndarray) -> tuple[np.ndarray, tuple]:
    """`torch.nn.functional.sigmoid`: 1 / (1 + exp(-x)), elementwise; x has any shape.

    It does not overflow, and NaN passes. Raises TypeError on anything but a floating-point array.
    """
    array("x", x)
    on = x.real > 0
    e = np.exp(np.where(on, -x, x))  # exp(-|x|), which is at most 1
    out = np.asarray(np.where(on, 1, e) / (1 + e), x.dtype)
    return out, (out.copy(),)


def sigmoid_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Gradient dx of `sigmoid_forward`, in the shape of x: dout * out * (1 - out)."""
    (out,) = cache
    check_dout(dout, out.shape, out.dtype)
    dx = dout * out * (1 - out)
    return np.asarray(dx, out.dtype)
