"""Sequences of different lengths padded to the longest, one token at a time."""

from __future__ import annotations

import numpy as np

from reference._pad_sequences_arguments import check_pad_sequences


def pad_sequences_forward(
    tokens: np.ndarray,
    lengths: np.ndarray,
    *,
    padding_value: float = 0,
    batch_first: bool = True,
    side: str = "right",
) -> tuple[np.ndarray, np.ndarray]:
    """`torch.nn.utils.rnn.pad_sequence`: (padded, mask) of N sequences that lie one after another.

    tokens (T, ...) integers or floats, lengths (N,) of the sequences, which add up to T. padded is
    (N, L, ...) of the dtype of tokens with L the longest length, or (L, N, ...) without
    `batch_first`; `side`, "right" or "left", is where shorter sequences have `padding_value`. mask,
    (N, L) or (L, N), is True where a token is. Raises TypeError and ValueError on bad arguments.
    """
    N, L, batch_first = check_pad_sequences(tokens, lengths, padding_value, batch_first, side)
    padded = np.full((N, L, *tokens.shape[1:]), padding_value, tokens.dtype)
    mask = np.zeros((N, L), bool)
    read = 0
    for n in range(N):
        start = 0 if side == "right" else L - lengths[n]
        for t in range(lengths[n]):
            padded[n, start + t] = tokens[read]
            mask[n, start + t] = True
            read += 1
    if not batch_first:
        padded, mask = np.swapaxes(padded, 0, 1).copy(), mask.T.copy()
    return padded, mask
