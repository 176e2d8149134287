"""Plain recurrent layer over sequences in both directions, one hidden unit at a time."""

from __future__ import annotations

import numpy as np

from reference._arguments import cotangent
from reference._recurrent_arguments import check_sequence

FORWARD, BACKWARD = 0, 1


def bidirectional_rnn_forward(
    x: np.ndarray,
    h0: np.ndarray,
    Wx: np.ndarray,
    Wh: np.ndarray,
    b: np.ndarray,
    *,
    lengths: np.ndarray | None = None,
) -> tuple[np.ndarray, tuple]:
    """`torch.nn.RNN` with bidirectional=True: one layer from the first step on, one from the last.

    x (N, T, D); h0 (2, N, H), Wx (2, D, H), Wh (2, H, H) and b (2, H) of the forward and of the
    backward direction, weights transposed to torch's and b the sum of torch's two biases. h is
    (N, T, 2H): the forward states, then the backward states, both where x has their step. With
    lengths (N,) of ints from 1 to T, the backward direction starts from each sequence's own end,
    and h is 0 after it. Raises TypeError and ValueError on bad arguments.
    """
    lengths = check_sequence(x, {"h0": h0}, Wx, Wh, {"b": b}, lengths, lead=(2,))
    H = b.shape[1]
    h = np.zeros((2, *x.shape[:2], H), x.dtype)
    for d, n in np.ndindex(2, len(x)):
        prev_h = h0[d, n]
        for t in _steps(d, lengths[n]):
            for j in range(H):
                a = np.sum(x[n, t] * Wx[d, :, j]) + np.sum(prev_h * Wh[d, :, j]) + b[d, j]
                h[d, n, t, j] = np.tanh(a)
            prev_h = h[d, n, t]
    out = np.concatenate([h[FORWARD], h[BACKWARD]], axis=2)
    return out, (x.copy(), h0.copy(), Wx.copy(), Wh.copy(), h, lengths)


def _steps(d: int, length: int) -> range:
    """The steps of a sequence in the order in which direction d takes them."""
    return range(length) if d == FORWARD else range(length - 1, -1, -1)


def bidirectional_rnn_backward(
    dh: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Gradients (dx, dh0, dWx, dWh, db) of `bidirectional_rnn_forward`, shaped as its inputs.

    What dh says after a sequence's end counts for nothing.
    """
    x, h0, Wx, Wh, h, lengths = cache
    _, N, T, H = h.shape
    cotangent("dh", dh, (N, T, 2 * H), h.dtype)
    halves = dh[:, :, :H], dh[:, :, H:]
    dx, dh0, dWx, dWh = (np.zeros_like(given) for given in (x, h0, Wx, Wh))
    db = np.zeros((2, H), x.dtype)
    for d, n in np.ndindex(2, N):
        dprev_h = np.zeros(H, x.dtype)
        steps = _steps(d, lengths[n])
        for i in reversed(range(len(steps))):
            t = steps[i]
            prev_h = h[d, n, steps[i - 1]] if i > 0 else h0[d, n]
            dnext_h = halves[d][n, t] + dprev_h
            da = dnext_h * (1 - h[d, n, t] ** 2)
            dprev_h = np.zeros(H, x.dtype)
            for j in range(H):
                dx[n, t] += da[j] * Wx[d, :, j]
                dprev_h += da[j] * Wh[d, :, j]
                dWx[d, :, j] += da[j] * x[n, t]
                dWh[d, :, j] += da[j] * prev_h
                db[d, j] += da[j]
        dh0[d, n] = dprev_h
    return dx, dh0, dWx, dWh, db
