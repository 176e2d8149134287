"""Specificity: of the samples of other classes, the share that is not taken for a class."""

from __future__ import annotations

import numpy as np

from reference._metric_arguments import check_class_shares
from reference.naive._classes import counted, share, weighted_mean


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
    n = counted(pred, y, C)
    rest = len(y) - n.actual
    passed = rest - n.predicted + n.hits
    each = [share(passed[c], rest[c], empty) for c in range(C)]
    if average == "none":
        return np.array(each)
    if average == "micro":
        return np.asarray(share(passed.sum(), rest.sum(), empty))
    weights = n.actual if average == "weighted" else np.ones(C)
    return weighted_mean(each, weights)
