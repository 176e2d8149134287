"""Fully connected (affine) layer at every step of a sequence.

A step of a sample is a row like any other, so that `linear` does it all: one matrix product of
(N T, D) rows forward and one for each gradient, on views.
"""

from __future__ import annotations

import numpy as np

from reference._temporal_linear_arguments import check_temporal_linear
from reference.vectorized.linear import linear_backward, linear_forward


def temporal_linear_forward(
    x: np.ndarray, w: np.ndarray, b: np.ndarray | None = None
) -> tuple[np.ndarray, tuple]:
    """`torch.nn.functional.linear` of sequences: out[n, t, m] is x[n, t] times w[m], plus b[m].

    x (N, T, D), w (M, D), b (M,) or None; the output is (N, T, M). Raises TypeError and
    ValueError on bad arguments. The cache holds x and w themselves.
    """
    check_temporal_linear(x, w, b)
    return linear_forward(x, w, b)


def temporal_linear_backward(
    dout: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Gradients (dx, dw, db) of `temporal_linear_forward` in the shapes of x, w and b.

    db is None where b was.
    """
    return linear_backward(dout, cache)
