"""Mean average precision, one class and one threshold at a time."""

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
    areas = []
    for s, right in zip(scores.T, y.T, strict=True):
        area = recall = 0.0
        for threshold in sorted(set(s), reverse=True):
            hits = np.sum(right[s >= threshold])
            precision = hits / np.sum(s >= threshold)
            before, recall = recall, hits / max(np.sum(right), 1)
            area += precision * (recall - before)
        if np.any(right):
            areas.append(area)
    return np.asarray(sum(areas) / max(len(areas), 1), scores.dtype)
