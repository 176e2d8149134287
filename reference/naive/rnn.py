"""Plain recurrent layer over sequences, one hidden unit of one step at a time."""

from __future__ import annotations

import numpy as np

from reference._arguments import cotangent
from reference._recurrent_arguments import check_sequence


def rnn_forward(
    x: np.ndarray,
    h0: np.ndarray,
    Wx: np.ndarray,
    Wh: np.ndarray,
    b: np.ndarray,
    *,
    lengths: np.ndarray | None = None,
) -> tuple[np.ndarray, tuple]:
    """`torch.nn.RNN`: h[:, t] = tanh(x[:, t] Wx + h[:, t - 1] Wh + b), from h0 on.

    x (N, T, D), h0 (N, H), Wx (D, H) and Wh (H, H), the transposes of torch's weights, and b (H,),
    the sum of torch's two biases; h is (N, T, H). With lengths (N,) of ints from 1 to T, h is 0
    after each sequence's end, as from packed sequences. Raises TypeError and ValueError on bad
    arguments.
    """
    lengths = check_sequence(x, {"h0": h0}, Wx, Wh, {"b": b}, lengths)
    h = np.zeros((*x.shape[:2], len(Wh)), x.dtype)
    for n in range(len(x)):
        prev_h = h0[n]
        for t in range(lengths[n]):
            for j in range(len(Wh)):
                a = np.sum(x[n, t] * Wx[:, j]) + np.sum(prev_h * Wh[:, j]) + b[j]
                h[n, t, j] = np.tanh(a)
            prev_h = h[n, t]
    return h, (x.copy(), h0.copy(), Wx.copy(), Wh.copy(), h.copy(), lengths)


def rnn_backward(
    dh: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Gradients (dx, dh0, dWx, dWh, db) of `rnn_forward`, in the shapes of its inputs.

    What dh says after a sequence's end counts for nothing.
    """
    x, h0, Wx, Wh, h, lengths = cache
    cotangent("dh", dh, h.shape, h.dtype)
    dx, dh0, dWx, dWh = (np.zeros_like(given) for given in (x, h0, Wx, Wh))
    db = np.zeros(len(Wh), x.dtype)
    for n in range(len(x)):
        dprev_h = np.zeros(len(Wh), x.dtype)
        for t in reversed(range(lengths[n])):
            prev_h = h[n, t - 1] if t > 0 else h0[n]
            dnext_h = dh[n, t] + dprev_h
            da = dnext_h * (1 - h[n, t] ** 2)
            dprev_h = np.zeros(len(Wh), x.dtype)
            for j in range(len(Wh)):
                dx[n, t] += da[j] * Wx[:, j]
                dprev_h += da[j] * Wh[:, j]
                dWx[:, j] += da[j] * x[n, t]
                dWh[:, j] += da[j] * prev_h
                db[j] += da[j]
        dh0[n] = dprev_h
    return dx, dh0, dWx, dWh, db
