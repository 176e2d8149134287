"""Shares of counted samples."""

from __future__ import annotations

import numpy as np


def divided(part: np.ndarray, whole: np.ndarray, empty: float) -> np.ndarray:
    """part / whole in float64, `empty` where the whole is 0."""
    out = np.full(np.broadcast_shapes(part.shape, whole.shape), float(empty))
    return np.divide(part, whole, out=out, where=whole != 0)


def by_class(pred: np.ndarray, y: np.ndarray, C: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each class: samples taken for it rightly, all samples taken for it, and those in it."""
    pred, y = pred.astype(np.intp, copy=False), y.astype(np.intp, copy=False)
    hits, predicted, actual = (np.bincount(ids, minlength=C) for ids in (y[pred == y], pred, y))
    return hits, predicted, actual


def averaged(
    part: np.ndarray, whole: np.ndarray, actual: np.ndarray, average: str, empty: float
) -> np.ndarray:
    """part / whole of each class, or an average; `actual` (C,) are the samples of each class."""
    if average == "micro":
        return divided(part.sum(), whole.sum(), empty)
    each = divided(part, whole, empty)
    if average == "none":
        return each
    weighted = average == "weighted" and actual.any()
    return np.asarray(np.average(each, weights=actual if weighted else None))
