"""Rectified linear unit.

One pass of `np.maximum`; the gradient is a product with a mask of one byte an element, which has
no branches, where `np.where` guesses wrong at every other one.
"""

from __future__ import annotations

import numpy as np

from reference._arguments import array
from reference._conv_arguments import check_dout


def relu_forward(x: np.ndarray) -> tuple[np.ndarray, tuple]:
    """`torch.nn.functional.relu`: x where it is positive, else 0; x has any shape.

    NaN passes, and so does its gradient. Raises TypeError on anything but a floating-point array.
    """
    array("x", x)
    out = np.maximum(x, 0, out=np.empty(x.shape, x.dtype))
    on = ~np.asarray(x <= 0)
    return out, (on, x.dtype)


def relu_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Gradient dx of `relu_forward`, in the shape of x; it is 0 at x = 0."""
    on, dtype = cache
    check_dout(dout, on.shape, dtype)
    return np.multiply(dout, on, out=np.empty(on.shape, dtype))
