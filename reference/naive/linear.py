"""Fully connected (affine) layer, one output element at a time."""

from __future__ import annotations

import numpy as np

from reference._conv_arguments import check_dout
from reference._linear_arguments import check_linear


def linear_forward(
    x: np.ndarray, w: np.ndarray, b: np.ndarray | None = None
) -> tuple[np.ndarray, tuple]:
    """`torch.nn.functional.linear`: out[..., o] is x[...] times w[o], plus b[o].

    x (..., in), w (out, in), b (out,) or None; the output is (..., out). Raises TypeError and
    ValueError on bad arguments.
    """
    check_linear(x, w, b)
    rows, OUT = x.shape[:-1], len(w)
    out = np.zeros((*rows, OUT), x.dtype)
    for n in np.ndindex(rows):
        for o in range(OUT):
            out[n][o] = np.sum(x[n] * w[o])
            if b is not None:
                out[n][o] += b[o]
    return out, (x.copy(), w.copy(), b is not None)


def linear_backward(
    dout: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Gradients (dx, dw, db) of `linear_forward`, in the shapes of x, w and b (None without b)."""
    x, w, biased = cache
    rows, OUT = x.shape[:-1], len(w)
    check_dout(dout, (*rows, OUT), x.dtype)
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros(OUT, x.dtype)
    for n in np.ndindex(rows):
        for o in range(OUT):
            dx[n] += dout[n][o] * w[o]
            dw[o] += dout[n][o] * x[n]
            db[o] += dout[n][o]
    return dx, dw, db if biased else None
