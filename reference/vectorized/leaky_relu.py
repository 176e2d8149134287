"""Leaky rectified linear unit.

The slope at every element, 1 or negative_slope, is computed once, without branches, and is the
cache: output and gradient are products with it.
"""

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
    on = np.asarray(x > 0)
    slope = np.multiply(
        ~on, number("negative_slope", negative_slope), out=np.empty(x.shape, x.dtype)
    )
    slope += on
    return np.multiply(x, slope, out=np.empty(x.shape, x.dtype)), (slope,)


def leaky_relu_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Gradient dx of `leaky_relu_forward`, in the shape of x; at x = 0 the slope is negative_slope.

    That of NaN is negative_slope as well.
    """
    (slope,) = cache
    check_dout(dout, slope.shape, slope.dtype)
    return np.multiply(dout, slope, out=np.empty(slope.shape, slope.dtype))
