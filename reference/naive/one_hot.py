"""One-hot encoding, one id at a time."""

from __future__ import annotations

import numpy as np

from reference._one_hot_arguments import check_one_hot


def one_hot_forward(ids: np.ndarray, num_classes: int = -1) -> np.ndarray:
    """`torch.nn.functional.one_hot`: out[..., c] is 1 where c is the id, else 0.

    ids integers of any shape; the output is (..., C) int64 with C = num_classes, or the largest
    id + 1 for -1. Raises TypeError and ValueError on bad arguments, an id out of range among them.
    """
    C = check_one_hot(ids, num_classes)
    out = np.zeros((*ids.shape, C), np.int64)
    for n in np.ndindex(ids.shape):
        out[n][ids[n]] = 1
    return out
