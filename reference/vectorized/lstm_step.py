"""One step of a long short-term memory.

Two matrix products give all four gates side by side, in one array that the gates then replace;
backward writes the gradients before the gates side by side as well, and four products end it.
"""

from __future__ import annotations

import numpy as np

from reference._arguments import cotangent
from reference._recurrent_arguments import check_step
from reference.vectorized._recurrent import sigmoid


def lstm_step_forward(
    x: np.ndarray,
    prev_h: np.ndarray,
    prev_c: np.ndarray,
    Wx: np.ndarray,
    Wh: np.ndarray,
    b: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, tuple]:
    """`torch.nn.LSTMCell`: next_c = f prev_c + i g and next_h = o tanh(next_c).

    The gates i, f and o (input, forget, output) are the sigmoid, g (the new cell) is the tanh of
    x Wx + prev_h Wh + b, in the order i, f, g, o along its last axis. x (N, D), prev_h and prev_c
    (N, H), Wx (D, 4H) and Wh (H, 4H), the transposes of torch's weights, and b (4H,), the sum of
    torch's two biases. Returns (next_h, next_c, cache), both (N, H). Raises TypeError and
    ValueError on bad arguments. The cache holds the inputs themselves.
    """
    check_step(x, {"prev_h": prev_h, "prev_c": prev_c}, Wx, Wh, {"b": b}, gates=4)
    N, H = prev_h.shape
    a = x @ Wx
    a += prev_h @ Wh
    a += b
    gates = a.reshape(N, 4, H)
    gates[:, :2] = sigmoid(gates[:, :2])
    gates[:, 2] = np.tanh(gates[:, 2])
    gates[:, 3] = sigmoid(gates[:, 3])
    i, f, g, o = gates.swapaxes(0, 1)
    next_c = f * prev_c + i * g
    tanh_c = np.tanh(next_c)
    return o * tanh_c, next_c, (x, prev_h, prev_c, Wx, Wh, gates, tanh_c)


def lstm_step_backward(
    dnext_h: np.ndarray, dnext_c: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Gradients (dx, dprev_h, dprev_c, dWx, dWh, db) of `lstm_step_forward`."""
    x, prev_h, prev_c, Wx, Wh, gates, tanh_c = cache
    cotangent("dnext_h", dnext_h, tanh_c.shape, tanh_c.dtype)
    cotangent("dnext_c", dnext_c, tanh_c.shape, tanh_c.dtype)
    i, f, g, o = gates.swapaxes(0, 1)
    dc = dnext_c + dnext_h * o * (1 - tanh_c * tanh_c)
    slopes = np.empty_like(gates)
    slopes[:, 0] = dc * g * i * (1 - i)
    slopes[:, 1] = dc * prev_c * f * (1 - f)
    slopes[:, 2] = dc * i * (1 - g * g)
    slopes[:, 3] = dnext_h * tanh_c * o * (1 - o)
    da = slopes.reshape(len(x), Wh.shape[1])
    return da @ Wx.T, da @ Wh.T, dc * f, x.T @ da, prev_h.T @ da, da.sum(axis=0)
