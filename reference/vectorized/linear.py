"""Fully connected (affine) layer.

All leading dimensions are one: the rows of a matrix. Output and gradients are a matrix product
each, on transposed views that BLAS reads without a copy.
"""

from __future__ import annotations

import math

import numpy as np

from reference._conv_arguments import check_dout
from reference._linear_arguments import check_linear


def linear_forward(
    x: np.ndarray, w: np.ndarray, b: np.ndarray | None = None
) -> tuple[np.ndarray, tuple]:
    """`torch.nn.functional.linear`: out[..., o] is x[...] times w[o], plus b[o].

    x (..., in), w (out, in), b (out,) or None; the output is (..., out). Raises TypeError and
    ValueError on bad arguments. The cache holds x and w themselves.
    """
    check_linear(x, w, b)
    OUT, IN = w.shape
    rows = x.reshape(math.prod(x.shape[:-1]), IN)
    out = rows @ w.T
    if b is not None:
        out += b
    return out.reshape(*x.shape[:-1], OUT), (x, w, b is not None)


def linear_backward(
    dout: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Gradients (dx, dw, db) of `linear_forward`, in the shapes of x, w and b (None without b)."""
    x, w, biased = cache
    OUT, IN = w.shape
    check_dout(dout, (*x.shape[:-1], OUT), x.dtype)
    N = math.prod(x.shape[:-1])
    rows, drows = x.reshape(N, IN), dout.reshape(N, OUT)
    dx = (drows @ w).reshape(x.shape)
    dw = drows.T @ rows
    db = drows.sum(axis=0) if biased else None
    return dx, dw, db
