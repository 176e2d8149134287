"""Sequences of different lengths padded to the longest.

The places of tokens, read row by row, are in the order of the tokens: one assignment fills them.
"""

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
    places, counts = np.arange(L), lengths.astype(np.int64)[:, None]
    mask = places < counts if side == "right" else places >= L - counts
    shape = (N, L) if batch_first else (L, N)
    padded = np.full((*shape, *tokens.shape[1:]), padding_value, tokens.dtype)
    (padded if batch_first else np.swapaxes(padded, 0, 1))[mask] = tokens
    return padded, mask if batch_first else np.ascontiguousarray(mask.T)
