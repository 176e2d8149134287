"""Long short-term memory over sequences, one step of one sequence at a time."""

from __future__ import annotations

import numpy as np

from reference._arguments import cotangent
from reference._recurrent_arguments import check_sequence


def lstm_forward(
    x: np.ndarray,
    h0: np.ndarray,
    Wx: np.ndarray,
    Wh: np.ndarray,
    b: np.ndarray,
    *,
    c0: np.ndarray | None = None,
    lengths: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray, tuple]:
    """`torch.nn.LSTM`: c = f prev_c + i g and h[:, t] = o tanh(c), from h0 and c0 on.

    The gates i, f and o (input, forget, output) are the sigmoid, g (the new cell) is the tanh of
    x[:, t] Wx + h[:, t - 1] Wh + b, in the order i, f, g, o along its last axis. x (N, T, D),
    h0 (N, H), Wx (D, 4H) and Wh (H, 4H), the transposes of torch's weights, b (4H,), the sum of
    torch's two biases, and c0 (N, H) or None for zeros. Returns (h, c_n, cache): h (N, T, H) and
    the cells c_n (N, H) at each sequence's end. With lengths (N,) of ints from 1 to T, h is 0
    after that, as from packed sequences. Raises TypeError and ValueError on bad arguments.
    """
    states = {"h0": h0} if c0 is None else {"h0": h0, "c0": c0}
    lengths = check_sequence(x, states, Wx, Wh, {"b": b}, lengths, gates=4)
    h, c = np.zeros((2, *x.shape[:2], len(Wh)), x.dtype)
    gates = np.zeros((*x.shape[:2], 4, len(Wh)), x.dtype)
    first_c = np.zeros_like(h0) if c0 is None else c0.copy()
    c_n = np.zeros_like(h0)
    for n in range(len(x)):
        prev_h, prev_c = h0[n], first_c[n]
        for t in range(lengths[n]):
            a = _product(x[n, t], Wx) + _product(prev_h, Wh) + b
            a_i, a_f, a_g, a_o = np.split(a, 4)
            i = _sigmoid(a_i)
            f = _sigmoid(a_f)
            g = np.tanh(a_g)
            o = _sigmoid(a_o)
            c[n, t] = f * prev_c + i * g
            h[n, t] = o * np.tanh(c[n, t])
            gates[n, t] = i, f, g, o
            prev_h, prev_c = h[n, t], c[n, t]
        c_n[n] = prev_c
    arrays = x.copy(), h0.copy(), first_c, Wx.copy(), Wh.copy(), h.copy(), c
    return h, c_n, (*arrays, gates, lengths, c0 is not None)


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


def lstm_backward(
    dh: np.ndarray, dc_n: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]:
    """Gradients (dx, dh0, dWx, dWh, db, dc0) of `lstm_forward`, dc0 None where c0 was.

    What dh says after a sequence's end counts for nothing.
    """
    x, h0, first_c, Wx, Wh, h, c, gates, lengths, given = cache
    cotangent("dh", dh, h.shape, h.dtype)
    cotangent("dc_n", dc_n, h0.shape, h.dtype)
    dx, dh0, dc0 = np.zeros_like(x), np.zeros_like(h0), np.zeros_like(h0)
    dWx, dWh, db = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros(Wh.shape[1], x.dtype)
    for n in range(len(x)):
        dprev_h, dprev_c = np.zeros(len(Wh), x.dtype), dc_n[n]
        for t in reversed(range(lengths[n])):
            prev_h = h[n, t - 1] if t > 0 else h0[n]
            prev_c = c[n, t - 1] if t > 0 else first_c[n]
            i, f, g, o = gates[n, t]
            tanh_c = np.tanh(c[n, t])
            dnext_h = dh[n, t] + dprev_h
            dc = dprev_c + dnext_h * o * (1 - tanh_c**2)
            da_i = dc * g * i * (1 - i)
            da_f = dc * prev_c * f * (1 - f)
            da_g = dc * i * (1 - g**2)
            da_o = dnext_h * tanh_c * o * (1 - o)
            da = np.concatenate([da_i, da_f, da_g, da_o])
            dx[n, t] = _product(da, Wx.T)
            dprev_h = _product(da, Wh.T)
            dprev_c = dc * f
            dWx += np.outer(x[n, t], da)
            dWh += np.outer(prev_h, da)
            db += da
        dh0[n] = dprev_h
        dc0[n] = dprev_c
    return dx, dh0, dWx, dWh, db, dc0 if given else None
