"""A search over a grid of hyperparameters, one training after the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reference._grid_search_arguments import check_search

Found = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def grid_search_forward(
    x: np.ndarray,
    y: np.ndarray,
    x_val: np.ndarray,
    y_val: np.ndarray,
    W: np.ndarray,
    *,
    rates: Sequence[float],
    penalties: Sequence[float],
    steps: int,
    ties: str = "first",
) -> Found:
    """Every pair of a learning rate and a penalty tried on a fresh model.

    The model is W (D, C), which scores x (N, D) as x W; y (N,) are its classes. Each trial starts
    from W and takes `steps` steps of gradient descent on the mean softmax cross-entropy plus
    penalty / 2 times the sum of squares of W. scores (R, P) are the accuracies on x_val, y_val,
    best (2,) the places in rates and penalties of the largest one (of equal ones the first, or the
    last, in order of rates, then penalties), best_score () its score and best_W (D, C) its model:
    (scores, best, best_score, best_W). CS231n, two-layer net: "tune your hyperparameters". Raises
    TypeError and ValueError on bad arguments.
    """
    steps = check_search(x, y, x_val, y_val, W, rates, penalties, steps, ties)
    scores = np.zeros((len(rates), len(penalties)), x.dtype)
    top, best, kept = -1.0, (0, 0), W
    for i, rate in enumerate(rates):
        for j, penalty in enumerate(penalties):
            model = W.copy()
            for _ in range(steps):
                model -= rate * (_gradient(x, y, model) + penalty * model)
            score = _accuracy(x_val, y_val, model)
            scores[i, j] = score
            if score > top or (ties == "last" and score == top):
                top, best, kept = score, (i, j), model
    return scores, np.array(best), np.asarray(top, x.dtype), kept


def _gradient(x: np.ndarray, y: np.ndarray, model: np.ndarray) -> np.ndarray:
    """That of the mean softmax cross-entropy, one sample at a time."""
    dmodel = np.zeros_like(model)
    for row, label in zip(x, y, strict=True):
        scores = row @ model
        e = np.exp(scores - scores.max())
        p = e / e.sum()
        p[label] -= 1
        dmodel += np.outer(row, p) / len(x)
    return dmodel


def _accuracy(x: np.ndarray, y: np.ndarray, model: np.ndarray) -> float:
    """The share of samples whose largest score is that of their class."""
    right = 0
    for row, label in zip(x, y, strict=True):
        right += int(np.argmax(row @ model) == label)
    return right / len(x)
