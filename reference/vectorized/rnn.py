"""Plain recurrent layer over sequences.

All inputs are projected in one matrix product, so that a step is one small product and a tanh.
Backward collects the gradients before the tanh, step by step; all else is one product over them.
"""

from __future__ import annotations

import numpy as np

from reference._arguments import cotangent
from reference._recurrent_arguments import check_sequence
from reference.vectorized._recurrent import after_the_end, by_sequence, by_time, rows


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
    arguments. The cache holds the weights themselves.
    """
    lengths = check_sequence(x, {"h0": h0}, Wx, Wh, {"b": b}, lengths)
    (N, T, _), H = x.shape, len(Wh)
    ended = after_the_end(lengths, T)
    steps = by_time(x, ended)
    projected = (rows(steps) @ Wx).reshape(T, N, H)
    projected += b
    h = np.empty((T + 1, N, H), x.dtype)  # h0 is the first
    h[0] = h0
    for t in range(T):
        np.matmul(h[t], Wh, out=h[t + 1])
        h[t + 1] += projected[t]
        np.tanh(h[t + 1], out=h[t + 1])
        if ended is not None:
            h[t + 1][ended[t]] = 0
    return by_sequence(h[1:]), (steps, h, Wx, Wh, ended)


def rnn_backward(
    dh: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Gradients (dx, dh0, dWx, dWh, db) of `rnn_forward`, in the shapes of its inputs.

    What dh says after a sequence's end counts for nothing.
    """
    steps, h, Wx, Wh, ended = cache
    T, N, D = steps.shape
    cotangent("dh", dh, (N, T, len(Wh)), h.dtype)
    da, slope = by_time(dh, ended), 1 - h[1:] * h[1:]
    dprev_h = np.zeros_like(h[0])
    for t in reversed(range(T)):
        da[t] += dprev_h
        da[t] *= slope[t]
        np.matmul(da[t], Wh.T, out=dprev_h)
    dx = by_sequence((rows(da) @ Wx.T).reshape(T, N, D))
    dWx, dWh = rows(steps).T @ rows(da), rows(h[:-1]).T @ rows(da)
    return dx, dprev_h, dWx, dWh, rows(da).sum(axis=0)
