"""Gated recurrent unit over sequences.

All inputs are projected in one matrix product, so that a step is one small product and the gates.
Backward collects the gradients before the gates, step by step; all else is one product over them.
"""

from __future__ import annotations

import numpy as np

from reference._arguments import cotangent
from reference._recurrent_arguments import check_sequence
from reference.vectorized._recurrent import after_the_end, by_sequence, by_time, rows, sigmoid


def gru_forward(
    x: np.ndarray,
    h0: np.ndarray,
    Wx: np.ndarray,
    Wh: np.ndarray,
    bx: np.ndarray,
    bh: np.ndarray,
    *,
    lengths: np.ndarray | None = None,
) -> tuple[np.ndarray, tuple]:
    """`torch.nn.GRU`: h[:, t] = (1 - z) g + z h[:, t - 1], from h0 on.

    The gates r (reset), z (update) and the new state g (torch's n), of ax = x[:, t] Wx + bx and
    ah = h[:, t - 1] Wh + bh, in this order along their last axis, are r = sigmoid(ax + ah),
    z = sigmoid(ax + ah) and g = tanh(ax + r ah). x (N, T, D), h0 (N, H), Wx (D, 3H) and
    Wh (H, 3H), the transposes of torch's weights, bx (3H,) and bh (3H,); h is (N, T, H). With
    lengths (N,) of ints from 1 to T, h is 0 after each sequence's end, as from packed sequences.
    Raises TypeError and ValueError on bad arguments. The cache holds the weights themselves.
    """
    lengths = check_sequence(x, {"h0": h0}, Wx, Wh, {"bx": bx, "bh": bh}, lengths, gates=3)
    (N, T, _), H = x.shape, len(Wh)
    ended = after_the_end(lengths, T)
    steps = by_time(x, ended)
    gates = (rows(steps) @ Wx).reshape(T, N, 3 * H)  # ax, then r, z and g
    gates += bx
    h = np.empty((T + 1, N, H), x.dtype)  # h0 is the first
    h[0] = h0
    ah_g = np.empty((T, N, H), x.dtype)
    ah = np.empty((N, 3 * H), x.dtype)
    for t in range(T):
        np.matmul(h[t], Wh, out=ah)
        ah += bh
        ah_g[t] = ah[:, 2 * H :]
        gates[t, :, : 2 * H] = sigmoid(gates[t, :, : 2 * H] + ah[:, : 2 * H])
        r, z, g = gates[t, :, :H], gates[t, :, H : 2 * H], gates[t, :, 2 * H :]
        g += r * ah_g[t]
        np.tanh(g, out=g)
        h[t + 1] = g + z * (h[t] - g)
        if ended is not None:
            h[t + 1][ended[t]] = 0
    return by_sequence(h[1:]), (steps, h, Wx, Wh, gates, ah_g, ended)


def gru_backward(
    dh: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Gradients (dx, dh0, dWx, dWh, dbx, dbh) of `gru_forward`, in the shapes of its inputs.

    What dh says after a sequence's end counts for nothing.
    """
    steps, h, Wx, Wh, gates, ah_g, ended = cache
    (T, N, D), H = steps.shape, len(Wh)
    cotangent("dh", dh, (N, T, H), h.dtype)
    dhs = by_time(dh, ended)
    r, z, g = gates[:, :, :H], gates[:, :, H : 2 * H], gates[:, :, 2 * H :]
    # For each step the slopes of h in r, z and g before their gates, times dh from the last on.
    da = np.empty((T, N, 3, H), h.dtype)
    da[:, :, 2] = (1 - z) * (1 - g * g)
    da[:, :, 1] = (h[:-1] - g) * z * (1 - z)
    da[:, :, 0] = da[:, :, 2] * ah_g * r * (1 - r)
    dax, dah = da.reshape(gates.shape), np.empty_like(gates)
    dprev_h = np.zeros_like(h[0])
    for t in reversed(range(T)):
        dnext_h = dhs[t] + dprev_h
        da[t] *= dnext_h[:, None]
        dah[t] = dax[t]
        dah[t, :, 2 * H :] *= r[t]
        np.matmul(dah[t], Wh.T, out=dprev_h)
        dprev_h += dnext_h * z[t]
    dx = by_sequence((rows(dax) @ Wx.T).reshape(T, N, D))
    dWx, dWh = rows(steps).T @ rows(dax), rows(h[:-1]).T @ rows(dah)
    return dx, dprev_h, dWx, dWh, rows(dax).sum(axis=0), rows(dah).sum(axis=0)
