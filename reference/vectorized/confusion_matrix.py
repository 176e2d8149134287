"""Confusion matrix: how often each class was taken for each.

A pair of classes is one number, y C + pred, and these are counted.
"""

from __future__ import annotations

import numpy as np

from reference._metric_arguments import check_confusion_matrix
from reference.vectorized._counts import divided

AXES = {"true": 1, "pred": 0, "all": None}


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
    pairs = y.astype(np.int64) * C + pred.astype(np.int64)
    counts = np.bincount(pairs, minlength=C * C).reshape(C, C).astype(np.int64, copy=False)
    if normalize is None:
        return counts
    return divided(counts, counts.sum(axis=AXES[normalize], keepdims=True), 0.0)
