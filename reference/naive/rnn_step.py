"""One step of a plain recurrent layer, one hidden unit at a time."""

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
    arguments.
    """
    check_step(x, {"prev_h": prev_h}, Wx, Wh, {"b": b})
    next_h = np.zeros(prev_h.shape, x.dtype)
    for n, j in np.ndindex(next_h.shape):
        a = np.sum(x[n] * Wx[:, j]) + np.sum(prev_h[n] * Wh[:, j]) + b[j]
        next_h[n, j] = np.tanh(a)
    return next_h, (x.copy(), prev_h.copy(), Wx.copy(), Wh.copy(), next_h.copy())


def rnn_step_backward(
    dnext_h: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Gradients (dx, dprev_h, dWx, dWh, db) of `rnn_step_forward`, in the shapes of its inputs."""
    x, prev_h, Wx, Wh, next_h = cache
    cotangent("dnext_h", dnext_h, next_h.shape, next_h.dtype)
    dx, dprev_h, dWx, dWh = (np.zeros_like(given) for given in (x, prev_h, Wx, Wh))
    db = np.zeros(len(Wh), x.dtype)
    for n, j in np.ndindex(next_h.shape):
        da = dnext_h[n, j] * (1 - next_h[n, j] ** 2)
        dx[n] += da * Wx[:, j]
        dprev_h[n] += da * Wh[:, j]
        dWx[:, j] += da * x[n]
        dWh[:, j] += da * prev_h[n]
        db[j] += da
    return dx, dprev_h, dWx, dWh, db
