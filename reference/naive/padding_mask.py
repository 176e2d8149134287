"""Mask of the padding after sequences of different lengths, one step at a time."""

from __future__ import annotations

import numpy as np

from reference._padding_mask_arguments import check_padding_mask


def padding_mask_forward(
    lengths: np.ndarray, max_length: int | None = None, *, marks: str = "valid"
) -> np.ndarray:
    """`torch.arange(T) < lengths[:, None]`: which of T steps each sequence has.

    lengths (N,) of ints from 0 on; T is max_length or, where it is None, the longest of them;
    longer sequences are cut off. The mask (N, T) is boolean: True at the steps of a sequence
    ("valid", as attention takes it) or at the padding behind them ("padding", as torch's
    `key_padding_mask`). Raises TypeError and ValueError on bad arguments.
    """
    T = check_padding_mask(lengths, max_length, marks)
    mask = np.zeros((len(lengths), T), bool)
    for n in range(len(lengths)):
        for t in range(T):
            valid = t < lengths[n]
            mask[n, t] = valid if marks == "valid" else not valid
    return mask
