"""Plain recurrent layer over sequences in both directions.

The backward direction is a forward one over sequences turned round, each within its own length,
with its states turned back. Turning round is its own inverse, so gradients take the same way.
"""

from __future__ import annotations

import numpy as np

from reference._arguments import cotangent
from reference._recurrent_arguments import check_sequence
from reference.vectorized.rnn import rnn_backward, rnn_forward


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
    and h is 0 after it. Raises TypeError and ValueError on bad arguments. The cache holds the
    weights themselves.
    """
    ends = check_sequence(x, {"h0": h0}, Wx, Wh, {"b": b}, lengths, lead=(2,))
    (N, T, _), H = x.shape, b.shape[1]
    turn = _turning(ends, T)
    h = np.empty((N, T, 2 * H), x.dtype)
    h[:, :, :H], ahead = rnn_forward(x, h0[0], Wx[0], Wh[0], b[0], lengths=lengths)
    turned, back = rnn_forward(x[turn], h0[1], Wx[1], Wh[1], b[1], lengths=lengths)
    h[:, :, H:] = turned[turn]
    return h, (h.shape, h.dtype, ahead, back, turn)


def bidirectional_rnn_backward(
    dh: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Gradients (dx, dh0, dWx, dWh, db) of `bidirectional_rnn_forward`, shaped as its inputs.

    What dh says after a sequence's end counts for nothing.
    """
    shape, dtype, ahead, back, turn = cache
    cotangent("dh", dh, shape, dtype)
    H = shape[2] // 2
    dx, *firsts = rnn_backward(dh[:, :, :H], ahead)
    turned, *seconds = rnn_backward(dh[:, :, H:][turn], back)
    dx += turned[turn]
    dh0, dWx, dWh, db = (np.stack(pair) for pair in zip(firsts, seconds, strict=True))
    return dx, dh0, dWx, dWh, db


def _turning(lengths: np.ndarray, T: int) -> tuple[np.ndarray, np.ndarray]:
    """The index (n, t) that turns each sequence round within its length and leaves the padding."""
    steps = np.arange(T)
    turned = np.where(steps < lengths[:, None], lengths[:, None] - 1 - steps, steps)
    return np.arange(len(lengths))[:, None], turned
