"""Jaccard index: intersection over union of the samples of each class, class by class."""

from __future__ import annotations

import numpy as np

from reference._metric_arguments import check_class_shares
from reference.naive._classes import counted, share, weighted_mean


def jaccard_forward(
    pred: np.ndarray,
    y: np.ndarray,
    *,
    classes: int,
    average: str = "macro",
    zero_division: float = 0,
) -> np.ndarray:
    """scikit-learn's `jaccard_score` with `labels=range(classes)`, from counts.

    pred and y (N,) integer class ids below `classes`: of a segmentation, its pixels in any order.
    `average` "none" gives the index of each class, (C,): hits over the samples in either of pred
    and y; "macro" their mean over all classes, the mean IoU; "weighted" their mean weighted by the
    samples of each class in y; "micro" the index of all samples together: 0-d arrays. Float64, from
    0 to 1. The index of a class that is in neither pred nor y is `zero_division`, 0 or 1, and so is
    every result without samples. Raises TypeError and ValueError on bad arguments, an id out of
    range among them.
    """
    C, empty = check_class_shares(pred, y, classes, average, zero_division)
    n = counted(pred, y, C)
    either = n.predicted + n.actual - n.hits
    each = [share(n.hits[c], either[c], empty) for c in range(C)]
    if average == "none":
        return np.array(each)
    if average == "micro":
        return np.asarray(share(n.hits.sum(), either.sum(), empty))
    weights = n.actual if average == "weighted" else np.ones(C)
    return weighted_mean(each, weights)
