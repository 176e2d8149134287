"""F1 score: the harmonic mean of precision and recall, class by class."""

from __future__ import annotations

import numpy as np

from reference._metric_arguments import check_class_shares
from reference.naive._classes import counted, share, weighted_mean


def f1_score_forward(
    pred: np.ndarray,
    y: np.ndarray,
    *,
    classes: int,
    average: str = "macro",
    zero_division: float = 0,
) -> np.ndarray:
    """scikit-learn's `f1_score` with `labels=range(classes)`, from counts.

    pred and y (N,) integer class ids below `classes`. `average` "none" gives the score of each
    class, (C,); "macro" their mean over all classes, whether they occur or not; "weighted" their
    mean weighted by the samples of each class in y; "micro" the score of all samples together,
    which is the accuracy: 0-d arrays. Float64, from 0 to 1. The score of a class that is in neither
    pred nor y is `zero_division`, 0 or 1, and so is every result without samples. Raises TypeError
    and ValueError on bad arguments, an id out of range among them.
    """
    C, empty = check_class_shares(pred, y, classes, average, zero_division)
    n = counted(pred, y, C)
    each = [share(2 * n.hits[c], n.predicted[c] + n.actual[c], empty) for c in range(C)]
    if average == "none":
        return np.array(each)
    if average == "micro":
        return np.asarray(share(2 * n.hits.sum(), n.predicted.sum() + n.actual.sum(), empty))
    weights = n.actual if average == "weighted" else np.ones(C)
    return weighted_mean(each, weights)
