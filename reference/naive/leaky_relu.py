"""Leaky rectified linear unit."""

from __future__ import annotations

import numpy as np

from reference._arguments import array, number
from reference._conv_arguments import check_dout


def leaky_relu_forward(x: np.ndarray, *, negative_slope: float = 0.01) -> tuple[np.ndarray, tuple]:
    """`torch.nn.functional.leaky_relu`: x where it is positive, else negative_slope x.

    x has any shape, and so has the output; negative_slope is any number, above 1 and negative ones
    included. Raises TypeError on anything but a floating-point array and a number.
    """
    array("x", x)
    slope = x.dtype.type(number("negative_slope", negative_slope))
    on = x.real > 0
    out = np.where(on, x, slope * x)
    return out, (on, slope)


def leaky_relu_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Gradient dx of `leaky_relu_forward`, in the shape of x; at x = 0 the slope is negative_slope.

    That of NaN is negative_slope as well.
    """
    on, slope = cache
    check_dout(dout, on.shape, slope.dtype)
    dx = np.where(on, dout, slope * dout)
    return dx
