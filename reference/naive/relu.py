"""Rectified linear unit."""

from __future__ import annotations

import numpy as np

from reference._arguments import array
from reference._conv_arguments import check_dout


def relu_forward(x: np.ndarray) -> tuple[np.ndarray, tuple]:
    """`torch.nn.functional.relu`: x where it is positive, else 0; x has any shape.

    NaN passes, and so does its gradient. Raises TypeError on anything but a floating-point array.
    """
    array("x", x)
    off = x.real <= 0
    out = np.where(off, x.dtype.type(0), x)
    return out, (off, x.dtype)


def relu_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Gradient dx of `relu_forward`, in the shape of x; it is 0 at x = 0."""
    off, dtype = cache
    check_dout(dout, off.shape, dtype)
    dx = np.where(off, dtype.type(0), dout)
    return dx
