"""One step of a plain recurrent layer.

Two matrix products forward, and four backward on transposed views that BLAS reads without a copy,
all from one array: the gradient before the tanh.
"""

from __future__ import annotations

import numpy as np

from reference._arguments import cotangent
from reference._recurrent_arguments import check_step


def rnn_step_forward(
    x: np.ndarray, prev_h: np.ndarray, Wx: np.ndarray, Wh: np.ndarray, b: np.ndarray
) -> tuple[np.ndarray, tuple]:
    """`torch.nn.RNNCell`: next_h = tanh(x Wx + prev_h Wh + b).

    x (N, D), prev_h (N, H), Wx (D, H) and Wh (H, H), the transposes of torch's weights, and
    b (H,), the sum of torch's two biases; next_h is (N, H). Raises TypeError and ValueError on bad
    arguments. The cache holds the inputs themselves.
    """
    check_step(x, {"prev_h": prev_h}, Wx, Wh, {"b": b})
    next_h = x @ Wx
    next_h += prev_h @ Wh
    next_h += b
    np.tanh(next_h, out=next_h)
    return next_h, (x, prev_h, Wx, Wh, 1 - next_h * next_h)


def rnn_step_backward(
    dnext_h: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Gradients (dx, dprev_h, dWx, dWh, db) of `rnn_step_forward`, in the shapes of its inputs."""
    x, prev_h, Wx, Wh, slope = cache
    cotangent("dnext_h", dnext_h, slope.shape, slope.dtype)
    da = dnext_h * slope
    return da @ Wx.T, da @ Wh.T, x.T @ da, prev_h.T @ da, da.sum(axis=0)
