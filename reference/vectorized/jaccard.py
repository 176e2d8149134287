"""Jaccard index: intersection over union of the samples of each class.

Three histograms count the samples of every class; the rest is one division of arrays.
"""

from __future__ import annotations

import numpy as np

from reference._metric_arguments import check_class_shares
from reference.vectorized._counts import averaged, by_class


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
    hits, predicted, actual = by_class(pred, y, C)
    return averaged(hits, predicted + actual - hits, actual, average, empty)
