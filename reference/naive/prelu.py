"""Parametric rectified linear unit, one element at a time."""

from __future__ import annotations

import numpy as np

from reference._conv_arguments import check_dout
from reference._prelu_arguments import check_prelu


def prelu_forward(x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, tuple]:
    """`torch.nn.functional.prelu`: x where it is positive, else w x, with a w for each channel.

    x has any shape, and so has the output; w (C,) holds the slopes of the channels, which are axis
    1 of x, or (1,) that of all elements. Raises TypeError and ValueError on bad arguments.
    """
    check_prelu(x, w)
    out = np.zeros(x.shape, x.dtype)
    for n in np.ndindex(x.shape):
        out[n] = x[n] if x[n].real > 0 else w[_channel(n, w)] * x[n]
    return out, (x.copy(), w.copy())


def _channel(n: tuple[int, ...], w: np.ndarray) -> int:
    """Which of the slopes w belongs to the element n."""
    return n[1] if len(w) > 1 else 0


def prelu_backward(dout: np.ndarray, cache: tuple) -> tuple[np.ndarray, np.ndarray]:
    """Gradients (dx, dw) of `prelu_forward`, in the shapes of x and w; at x = 0 the slope is w."""
    x, w = cache
    check_dout(dout, x.shape, x.dtype)
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for n in np.ndindex(x.shape):
        c = _channel(n, w)
        if x[n].real > 0:
            dx[n] = dout[n]
        else:
            dx[n] = dout[n] * w[c]
            dw[c] += dout[n] * x[n]
    return dx, dw
