"""Hyperbolic tangent."""

from __future__ import annotations

import numpy as np

from reference._arguments import array
from reference._conv_arguments import check_dout


def tanh_forward(x: np.ndarray) -> tuple[np.ndarray, tuple]:
    """`torch.tanh`: (exp(x) - exp(-x)) / (exp(x) + exp(-x)), elementwise; x has any shape.

    It does not overflow, and NaN passes. Raises TypeError on anything but a floating-point array.
    """
    array("x", x)
    on = x.real > 0
    t = np.expm1(np.where(on, -2 * x, 2 * x))  # exp(-2 |x|) - 1, also where that is near 0
    out = np.asarray(np.where(on, -t, t) / (2 + t), x.dtype)
    return out, (out.copy(),)


def tanh_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Gradient dx of `tanh_forward`, in the shape of x: dout * (1 - out**2)."""
    (out,) = cache
    check_dout(dout, out.shape, out.dtype)
    dx = dout * (1 - out**2)
    return np.asarray(dx, out.dtype)
