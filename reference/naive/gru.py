"""Gated recurrent unit over sequences, one step of one sequence at a time."""

from __future__ import annotations

import numpy as np

from reference._arguments import cotangent
from reference._recurrent_arguments import check_sequence


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
    Raises TypeError and ValueError on bad arguments.
    """
    lengths = check_sequence(x, {"h0": h0}, Wx, Wh, {"bx": bx, "bh": bh}, lengths, gates=3)
    h = np.zeros((*x.shape[:2], len(Wh)), x.dtype)
    gates = np.zeros((*x.shape[:2], 4, len(Wh)), x.dtype)
    for n in range(len(x)):
        prev_h = h0[n]
        for t in range(lengths[n]):
            ax_r, ax_z, ax_g = np.split(_product(x[n, t], Wx) + bx, 3)
            ah_r, ah_z, ah_g = np.split(_product(prev_h, Wh) + bh, 3)
            r = _sigmoid(ax_r + ah_r)
            z = _sigmoid(ax_z + ah_z)
            g = np.tanh(ax_g + r * ah_g)
            h[n, t] = (1 - z) * g + z * prev_h
            gates[n, t] = r, z, g, ah_g
            prev_h = h[n, t]
    return h, (x.copy(), h0.copy(), Wx.copy(), Wh.copy(), h.copy(), gates, lengths)


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


def gru_backward(
    dh: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Gradients (dx, dh0, dWx, dWh, dbx, dbh) of `gru_forward`, in the shapes of its inputs.

    What dh says after a sequence's end counts for nothing.
    """
    x, h0, Wx, Wh, h, gates, lengths = cache
    cotangent("dh", dh, h.shape, h.dtype)
    dx, dh0, dWx, dWh = (np.zeros_like(given) for given in (x, h0, Wx, Wh))
    dbx, dbh = np.zeros((2, Wh.shape[1]), x.dtype)
    for n in range(len(x)):
        dprev_h = np.zeros(len(Wh), x.dtype)
        for t in reversed(range(lengths[n])):
            prev_h = h[n, t - 1] if t > 0 else h0[n]
            r, z, g, ah_g = gates[n, t]
            dnext_h = dh[n, t] + dprev_h
            da_g = dnext_h * (1 - z) * (1 - g**2)
            da_z = dnext_h * (prev_h - g) * z * (1 - z)
            da_r = da_g * ah_g * r * (1 - r)
            dax = np.concatenate([da_r, da_z, da_g])
            dah = np.concatenate([da_r, da_z, da_g * r])
            dx[n, t] = _product(dax, Wx.T)
            dprev_h = dnext_h * z + _product(dah, Wh.T)
            dWx += np.outer(x[n, t], dax)
            dWh += np.outer(prev_h, dah)
            dbx += dax
            dbh += dah
        dh0[n] = dprev_h
    return dx, dh0, dWx, dWh, dbx, dbh
