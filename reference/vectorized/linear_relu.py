"""Fully connected (affine) layer and relu.

The relu is taken where the matrix product stands, so that no second array is written; what it
keeps for the gradient is a mask of one byte an element.
"""

from __future__ import annotations

import numpy as np

from reference.vectorized._relu import relu_in_place
from reference.vectorized.linear import linear_backward, linear_forward
from reference.vectorized.relu import relu_backward


def linear_relu_forward(
    x: np.ndarray, w: np.ndarray, b: np.ndarray | None = None
) -> tuple[np.ndarray, tuple]:
    """`torch.relu` of `torch.nn.functional.linear`: the positive part of x w.T + b.

    x (..., in), w (out, in), b (out,) or None; the output is (..., out). Raises TypeError and
    ValueError on bad arguments. The cache holds x and w themselves.
    """
    out, linear_cache = linear_forward(x, w, b)
    relu_cache = relu_in_place(out)
    return out, (linear_cache, relu_cache)


def linear_relu_backward(
    dout: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Gradients (dx, dw, db) of `linear_relu_forward`, in the shapes of x, w and b (or None)."""
    linear_cache, relu_cache = cache
    dx, dw, db = linear_backward(relu_backward(dout, relu_cache), linear_cache)
    return dx, dw, db
