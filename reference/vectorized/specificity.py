"""Specificity: of the samples of other classes, the share that is not taken for a class.

Three histograms count the samples of every class; the rest is one division of arrays.
"""

from __future__ import annotations

import numpy as np

from reference._metric_arguments import check_class_shares
from reference.vectorized._counts import averaged, by_class


def specificity_forward(
    pred: np.ndarray,
    y: np.ndarray,
    *,
    classes: int,
    average: str = "macro",
    zero_division: float = 0,
) -> np.ndarray:
    """torchmetrics' `multiclass_specificity`, from counts: the true negative rate.

    pred and y (N,) integer class ids below `classes`. `average` "none" gives the specificity of
    each class, (C,): of the samples that are not in it, the share that is not taken for it; "macro"
    their mean over all classes; "weighted" their mean weighted by the samples of each class in y;
    "micro" the share of all these samples together: 0-d arrays. Float64, from 0 to 1. Where no
    sample is of another class it is `zero_division`, 0 or 1. Raises TypeError and ValueError on bad
    arguments, an id out of range among them.
    """
    C, empty = check_class_shares(pred, y, classes, average, zero_division)
    hits, predicted, actual = by_class(pred, y, C)
    rest = len(y) - actual
    return averaged(rest - predicted + hits, rest, actual, average, empty)
