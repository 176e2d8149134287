"""Confusion matrix: how often each class was taken for each, one sample at a time."""

from __future__ import annotations

import numpy as np

from reference._metric_arguments import check_confusion_matrix


def confusion_matrix_forward(
    pred: np.ndarray, y: np.ndarray, *, classes: int, normalize: str | None = None
) -> np.ndarray:
    """`torch.bincount` of pairs: out[i, j] counts the samples of class i that are taken for j.

    pred and y (N,) integer class ids below `classes`; the output is (C, C), its rows the true
    classes. `normalize` None gives counts in int64; "true", "pred" and "all" divide them by the
    sums of the rows, of the columns, or by N, in float64. A row, a column or a matrix without
    samples is 0. Raises TypeError and ValueError on bad arguments, an id out of range among them.
    """
    C = check_confusion_matrix(pred, y, classes, normalize)
    counts = np.zeros((C, C), np.int64)
    for n in range(len(y)):
        counts[y[n], pred[n]] += 1
    if normalize is None:
        return counts
    out = np.zeros((C, C))
    for i in range(C):
        for j in range(C):
            sums = {"true": counts[i].sum(), "pred": counts[:, j].sum(), "all": counts.sum()}
            if counts[i, j]:
                out[i, j] = counts[i, j] / sums[normalize]
    return out
