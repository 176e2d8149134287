"""Fully connected (affine) layer and relu."""

from __future__ import annotations

import numpy as np

from reference.naive.linear import linear_backward, linear_forward
from reference.naive.relu import relu_backward, relu_forward


def linear_relu_forward(
    x: np.ndarray, w: np.ndarray, b: np.ndarray | None = None
) -> tuple[np.ndarray, tuple]:
    """`torch.relu` of `torch.nn.functional.linear`: the positive part of x w.T + b.

    x (..., in), w (out, in), b (out,) or None; the output is (..., out). Raises TypeError and
    ValueError on bad arguments.
    """
    pre, linear_cache = linear_forward(x, w, b)
    out, relu_cache = relu_forward(pre)
    return out, (linear_cache, relu_cache)


def linear_relu_backward(
    dout: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Gradients (dx, dw, db) of `linear_relu_forward`, in the shapes of x, w and b (or None)."""
    linear_cache, relu_cache = cache
    dpre = relu_backward(dout, relu_cache)
    dx, dw, db = linear_backward(dpre, linear_cache)
    return dx, dw, db
