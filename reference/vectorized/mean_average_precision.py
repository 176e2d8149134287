"""Mean average precision.

Each class is sorted once. The hits so far count where a run of equal scores ends; what they were at
the end of the run before is a running maximum, since they never fall.
"""

from __future__ import annotations

import numpy as np

from reference._metric_arguments import check_mean_average_precision


def mean_average_precision_forward(scores: np.ndarray, y: np.ndarray) -> np.ndarray:
    """scikit-learn's `average_precision_score` with macro averages, as from `torch.sort`.

    scores (N, C), y (N, C) integers 0 or 1: which samples are in which class. The average precision
    of a class is the sum, over its scores from the largest down, of the precision of all samples
    with that score or a larger one, times the rise in recall; equal scores are one step. The output
    is its mean over the classes that have a positive, 0 if none has: a 0-d array from 0 to 1 in
    the dtype of scores. Raises TypeError and ValueError on bad arguments.
    """
    check_mean_average_precision(scores, y)
    N, positives = len(scores), np.count_nonzero(y, axis=0)
    if not positives.any():
        return np.zeros((), scores.dtype)
    order = np.argsort(-scores, axis=0)
    falling = np.take_along_axis(scores, order, axis=0)
    hits = np.cumsum(np.take_along_axis(y, order, axis=0), axis=0, dtype=np.int64)
    ends = np.ones(scores.shape, bool)
    np.not_equal(falling[1:], falling[:-1], out=ends[:-1])
    before = np.zeros_like(hits)
    np.maximum.accumulate(np.where(ends, hits, 0)[:-1], axis=0, out=before[1:])
    steps = np.where(ends, hits - before, 0) * (hits / np.arange(1, N + 1)[:, None])
    there = positives > 0
    return np.asarray((steps.sum(axis=0)[there] / positives[there]).mean(), scores.dtype)
