"""Balanced accuracy: the mean over classes of the share of their samples that are right."""

from __future__ import annotations

import numpy as np

from reference._metric_arguments import check_balanced_accuracy
from reference.vectorized._counts import by_class


def balanced_accuracy_forward(pred: np.ndarray, y: np.ndarray, *, classes: int) -> np.ndarray:
    """scikit-learn's `balanced_accuracy_score`, from counts.

    pred and y (N,) integer class ids below `classes`, N at least 1. The mean recall over the
    classes that occur in y: a 0-d array of float64 from 0 to 1. Raises TypeError and ValueError on
    bad arguments, an id out of range and no sample at all among them.
    """
    C = check_balanced_accuracy(pred, y, classes)
    hits, _, actual = by_class(pred, y, C)
    there = actual > 0
    return np.asarray((hits[there] / actual[there]).mean())
