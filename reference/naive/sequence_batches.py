"""Batches of windows along several rows of one sequence, one id at a time."""

from __future__ import annotations

import numpy as np

from reference._text_arguments import check_sequence_batches


def sequence_batches_forward(
    ids: np.ndarray, *, batch: int, length: int, last: str = "row"
) -> tuple[np.ndarray, np.ndarray]:
    """All batches of a sequence for a stateful recurrent network, inputs and targets.

    ids (N,) integers, of which as many are taken as fill K batches; they are laid out in `batch`
    rows of K x `length`, and batch k is columns k x length onwards of all rows. Returns inputs and
    targets (K, batch, length). A target is the row's next id; behind its end stands what `last`
    says: the first id of the row, that of the next row (behind the last, of the first), or zero.
    With "window" it is the first of each window, at the end of every window. The forms of Udacity's
    recurrent networks (`get_batches`). Raises TypeError and ValueError on bad arguments.
    """
    K = check_sequence_batches(ids, batch, length, last)
    width = K * length
    inputs = np.zeros((K, batch, length), ids.dtype)
    targets = np.zeros((K, batch, length), ids.dtype)
    for k, b, t in np.ndindex(K, batch, length):
        row, column = b * width, k * length + t
        inputs[k, b, t] = ids[row + column]
        if last == "window" and t == length - 1:
            targets[k, b, t] = ids[row + k * length]
        elif column + 1 < width:
            targets[k, b, t] = ids[row + column + 1]
        elif last == "next":
            targets[k, b, t] = ids[(row + width) % (batch * width)]
        else:
            targets[k, b, t] = ids[row] if last == "row" else 0
    return inputs, targets
