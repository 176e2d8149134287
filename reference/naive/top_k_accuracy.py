"""Top-k accuracy: the share of rows whose class has one of the k largest scores, row by row."""

from __future__ import annotations

import numpy as np

from reference._metric_arguments import check_top_k_accuracy


def top_k_accuracy_forward(
    scores: np.ndarray, y: np.ndarray, *, k: int = 1, ties: str = "first"
) -> np.ndarray:
    """`torch.topk` of each row: the share of rows in which y is among the k classes.

    scores (N, C), N at least 1; y (N,) integer class ids. Of equal scores, `ties` lets the earlier
    class win ("first", as argmax does; with k = 1 it is the accuracy), the class y ("right", so
    that a tie never hurts) or every other one ("wrong"). With k of C or more every row is right.
    The share is a 0-d array from 0 to 1 in the dtype of scores. Raises TypeError and ValueError on
    bad arguments, an id out of range and no row at all among them.
    """
    k = check_top_k_accuracy(scores, y, k, ties)
    N, C = scores.shape
    hits = 0
    for n in range(N):
        later = {"first": range(C), "right": np.arange(C) != y[n], "wrong": np.arange(C) == y[n]}
        order = sorted(range(C), key=lambda c: (-scores[n, c], later[ties][c]))
        hits += y[n] in order[:k]
    return np.asarray(hits / N, scores.dtype)
