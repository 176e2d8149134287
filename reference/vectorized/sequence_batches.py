"""Batches of windows along several rows of one sequence.

The rows are a reshaped view, the targets the same rows rolled by one.
"""

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
    rows = ids[: K * batch * length].reshape(batch, K, length)
    if last == "window":
        targets = np.roll(rows, -1, axis=2)
    elif last == "next":
        targets = np.roll(rows.reshape(-1), -1).reshape(rows.shape)
    else:
        targets = np.roll(rows.reshape(batch, -1), -1, axis=1).reshape(rows.shape)
    if last == "zero":
        targets[:, -1, -1] = 0
    return rows.swapaxes(0, 1).copy(), targets.swapaxes(0, 1).copy()
