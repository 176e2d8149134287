"""Exponential linear unit."""

from __future__ import annotations

import numpy as np

from reference._conv_arguments import check_dout
from reference._elu_arguments import check_elu


def elu_forward(x: np.ndarray, *, alpha: float = 1.0) -> tuple[np.ndarray, tuple]:
    """`torch.nn.functional.elu`: x where it is positive, else alpha * (exp(x) - 1), elementwise.

    x has any shape. It does not overflow, and NaN passes. Raises TypeError on anything but a
    floating-point array and a number, ValueError on a number that is not finite.
    """
    alpha = check_elu(x, alpha)
    off = x.real <= 0
    low = np.where(off, x, 0)  # exp of a large positive x would overflow
    out = np.where(off, alpha * np.expm1(low), x)
    slope = np.where(off, alpha * np.exp(low), 1)
    return np.asarray(out, x.dtype), (np.asarray(slope, x.dtype),)


def elu_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Gradient dx of `elu_forward`, in the shape of x; at x = 0 it is alpha * dout."""
    (slope,) = cache
    check_dout(dout, slope.shape, slope.dtype)
    dx = dout * slope
    return np.asarray(dx, slope.dtype)
