"""Counts of samples by class, and shares of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Counts(NamedTuple):
    """Of each class (C,): samples taken for it rightly, all samples taken for it, those in it."""

    hits: np.ndarray
    predicted: np.ndarray
    actual: np.ndarray


def counted(pred: np.ndarray, y: np.ndarray, C: int) -> Counts:
    """The samples of each class, one after the other."""
    counts = Counts(*np.zeros((3, C)))
    for n in range(len(y)):
        counts.hits[y[n]] += pred[n] == y[n]
        counts.predicted[pred[n]] += 1
        counts.actual[y[n]] += 1
    return counts


def share(part: float, whole: float, empty: float) -> float:
    """part / whole, or `empty` where the whole is 0."""
    return part / whole if whole else empty


def weighted_mean(values: Sequence[float], weights: np.ndarray) -> np.ndarray:
    """The mean, or that of all values alike where no weight is above 0, as a 0-d array."""
    if not weights.any():
        weights = np.ones_like(weights)
    total = sum(value * weight for value, weight in zip(values, weights, strict=True))
    return np.asarray(total / sum(weights))
