"""0/1 loss: the share of wrong classifications.

The place of the largest score of each row is compared with y, and what differs is counted as
integers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._loss_arguments import check_reduction, check_scores


def zero_one_loss_forward(
    scores: np.ndarray, y: np.ndarray, *, reduction: str = "mean"
) -> np.ndarray:
    """`torch.argmax` of each row against y: 1 where they differ, 0 where not.

    scores (N, C), of which the first of equal ones is the largest; y (N,) integer class ids. The
    loss is a 0-d array for "mean" (the share of wrong rows; nan if there is none) and "sum", or
    has the shape of y for "none", in the dtype of scores. Raises TypeError and ValueError on bad
    arguments, an id out of range among them.
    """
    check_scores("scores", scores, y)
    check_reduction(reduction)
    loss: Any = scores.argmax(axis=1) != y
    if reduction != "none":
        loss = int(np.count_nonzero(loss))
    if reduction == "mean":
        loss = loss / len(y) if len(y) else np.nan
    return np.asarray(loss, scores.dtype)
