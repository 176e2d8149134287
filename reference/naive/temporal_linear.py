"""Fully connected (affine) layer at every step of a sequence, one output element at a time."""

from __future__ import annotations

import numpy as np

from reference._conv_arguments import check_dout
from reference._temporal_linear_arguments import check_temporal_linear


def temporal_linear_forward(
    x: np.ndarray, w: np.ndarray, b: np.ndarray | None = None
) -> tuple[np.ndarray, tuple]:
    """`torch.nn.functional.linear` of sequences: out[n, t, m] is x[n, t] times w[m], plus b[m].

    x (N, T, D), w (M, D), b (M,) or None; the output is (N, T, M). Raises TypeError and
    ValueError on bad arguments.
    """
    check_temporal_linear(x, w, b)
    N, T, _ = x.shape
    M = len(w)
    out = np.zeros((N, T, M), x.dtype)
    for n, t, m in np.ndindex(N, T, M):
        out[n, t, m] = np.sum(x[n, t] * w[m])
        if b is not None:
            out[n, t, m] += b[m]
    return out, (x.copy(), w.copy(), b is not None)


def temporal_linear_backward(
    dout: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Gradients (dx, dw, db) of `temporal_linear_forward` in the shapes of x, w and b.

    db is None where b was.
    """
    x, w, biased = cache
    N, T, _ = x.shape
    M = len(w)
    check_dout(dout, (N, T, M), x.dtype)
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros(M, x.dtype)
    for n, t, m in np.ndindex(N, T, M):
        dx[n, t] += dout[n, t, m] * w[m]
        dw[m] += dout[n, t, m] * x[n, t]
        db[m] += dout[n, t, m]
    return dx, dw, db if biased else None
