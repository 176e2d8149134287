"""Long short-term memory over sequences.

All inputs are projected in one matrix product, so that a step is one small product and the gates.
After a sequence's end the gates keep the cell and close the output, so that no step is special.
"""

from __future__ import annotations

import numpy as np

from reference._arguments import cotangent
from reference._recurrent_arguments import check_sequence
from reference.vectorized._recurrent import after_the_end, by_sequence, by_time, rows, sigmoid

AFTER_THE_END = ((0,), (1,), (0,), (0,))  # i, f, g and o


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
    after that, as from packed sequences. Raises TypeError and ValueError on bad arguments. The
    cache holds the weights themselves.
    """
    states = {"h0": h0} if c0 is None else {"h0": h0, "c0": c0}
    lengths = check_sequence(x, states, Wx, Wh, {"b": b}, lengths, gates=4)
    (N, T, _), H = x.shape, len(Wh)
    ended = after_the_end(lengths, T)
    steps = by_time(x, ended)
    gates = (rows(steps) @ Wx).reshape(T, N, 4, H)
    gates += b.reshape(4, H)
    h, c = np.empty((2, T + 1, N, H), x.dtype)  # h0 and c0 are the first
    h[0], c[0] = h0, 0 if c0 is None else c0
    tanh_c = np.empty((T, N, H), x.dtype)
    for t in range(T):
        gates[t] += (h[t] @ Wh).reshape(N, 4, H)
        gates[t, :, :2] = sigmoid(gates[t, :, :2])
        np.tanh(gates[t, :, 2], out=gates[t, :, 2])
        gates[t, :, 3] = sigmoid(gates[t, :, 3])
        if ended is not None:
            gates[t, ended[t]] = AFTER_THE_END
        i, f, g, o = gates[t].swapaxes(0, 1)
        np.multiply(f, c[t], out=c[t + 1])
        c[t + 1] += i * g
        np.tanh(c[t + 1], out=tanh_c[t])
        np.multiply(o, tanh_c[t], out=h[t + 1])
    cache = steps, h, c, Wx, Wh, gates, tanh_c, ended, c0 is not None
    return by_sequence(h[1:]), c[-1].copy(), cache


def lstm_backward(
    dh: np.ndarray, dc_n: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]:
    """Gradients (dx, dh0, dWx, dWh, db, dc0) of `lstm_forward`, dc0 None where c0 was.

    What dh says after a sequence's end counts for nothing.
    """
    steps, h, c, Wx, Wh, gates, tanh_c, ended, given = cache
    (T, N, D), H = steps.shape, len(Wh)
    cotangent("dh", dh, (N, T, H), h.dtype)
    cotangent("dc_n", dc_n, (N, H), h.dtype)
    dhs = by_time(dh, ended)
    i, f, g, o = (gates[:, :, gate] for gate in range(4))
    # The slopes of c in i, f and g before their gates, of h in o, and of h in c.
    slopes = np.empty_like(gates)
    slopes[:, :, 0] = g * i * (1 - i)
    slopes[:, :, 1] = c[:-1] * f * (1 - f)
    slopes[:, :, 2] = i * (1 - g * g)
    slopes[:, :, 3] = tanh_c * o * (1 - o)
    through_c = o * (1 - tanh_c * tanh_c)
    da = slopes.reshape(T, N, 4 * H)
    dprev_h, dc = np.zeros_like(h[0]), dc_n.copy()
    for t in reversed(range(T)):
        dnext_h = dhs[t] + dprev_h
        dc += dnext_h * through_c[t]
        slopes[t, :, :3] *= dc[:, None]
        slopes[t, :, 3] *= dnext_h
        np.matmul(da[t], Wh.T, out=dprev_h)
        dc *= f[t]
    dx = by_sequence((rows(da) @ Wx.T).reshape(T, N, D))
    dWx, dWh = rows(steps).T @ rows(da), rows(h[:-1]).T @ rows(da)
    return dx, dprev_h, dWx, dWh, rows(da).sum(axis=0), dc if given else None
