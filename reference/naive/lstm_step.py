"""One step of a long short-term memory, one sample at a time."""

from __future__ import annotations

import numpy as np

from reference._arguments import cotangent
from reference._recurrent_arguments import check_step


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
    ValueError on bad arguments.
    """
    check_step(x, {"prev_h": prev_h, "prev_c": prev_c}, Wx, Wh, {"b": b}, gates=4)
    next_h, next_c = np.zeros_like(prev_h), np.zeros_like(prev_c)
    gates = np.zeros((len(x), 4, len(Wh)), x.dtype)
    for n in range(len(x)):
        a_i, a_f, a_g, a_o = np.split(_product(x[n], Wx) + _product(prev_h[n], Wh) + b, 4)
        i = _sigmoid(a_i)
        f = _sigmoid(a_f)
        g = np.tanh(a_g)
        o = _sigmoid(a_o)
        next_c[n] = f * prev_c[n] + i * g
        next_h[n] = o * np.tanh(next_c[n])
        gates[n] = i, f, g, o
    arrays = x, prev_h, prev_c, Wx, Wh, next_c
    return next_h, next_c, (*(array.copy() for array in arrays), gates)


def _product(v: np.ndarray, w: np.ndarray) -> np.ndarray:
    """The row v times the matrix w, one column at a time."""
    out = np.zeros(w.shape[1], w.dtype)
    for j in range(w.shape[1]):
        out[j] = np.sum(v * w[:, j])
    return out


def _sigmoid(a: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-a)), by the exponential that does not overflow."""
    e = np.exp(np.where(a.real > 0, -a, a))
    positive = 1 / (1 + e)
    return np.where(a.real > 0, positive, e * positive)


def lstm_step_backward(
    dnext_h: np.ndarray, dnext_c: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Gradients (dx, dprev_h, dprev_c, dWx, dWh, db) of `lstm_step_forward`."""
    x, prev_h, prev_c, Wx, Wh, next_c, gates = cache
    cotangent("dnext_h", dnext_h, next_c.shape, next_c.dtype)
    cotangent("dnext_c", dnext_c, next_c.shape, next_c.dtype)
    dx, dprev_h, dprev_c = np.zeros_like(x), np.zeros_like(prev_h), np.zeros_like(prev_c)
    dWx, dWh, db = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros(Wh.shape[1], x.dtype)
    for n in range(len(x)):
        i, f, g, o = gates[n]
        tanh_c = np.tanh(next_c[n])
        dc = dnext_c[n] + dnext_h[n] * o * (1 - tanh_c**2)
        da_i = dc * g * i * (1 - i)
        da_f = dc * prev_c[n] * f * (1 - f)
        da_g = dc * i * (1 - g**2)
        da_o = dnext_h[n] * tanh_c * o * (1 - o)
        da = np.concatenate([da_i, da_f, da_g, da_o])
        dx[n] = _product(da, Wx.T)
        dprev_h[n] = _product(da, Wh.T)
        dprev_c[n] = dc * f
        dWx += np.outer(x[n], da)
        dWh += np.outer(prev_h[n], da)
        db += da
    return dx, dprev_h, dprev_c, dWx, dWh, db
