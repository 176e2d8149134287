"""Mask of the padding after sequences of different lengths.

One comparison of the steps' numbers with the lengths, broadcast against each other; the padding
is the opposite comparison, so that nothing is turned round afterwards.
"""

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
    compare = np.less if marks == "valid" else np.greater_equal
    mask: np.ndarray = compare(np.arange(T), lengths[:, None])
    return mask
