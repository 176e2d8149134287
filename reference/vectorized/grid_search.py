"""A search over a grid of hyperparameters, all trainings at once."""

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
    R, P = len(rates), len(penalties)
    rate = np.repeat(np.asarray(rates, x.dtype), P)[:, None, None]
    penalty = np.tile(np.asarray(penalties, x.dtype), R)[:, None, None]
    models = np.repeat(W[None], R * P, axis=0)
    for _ in range(steps):
        shown = x @ models
        p = np.exp(shown - shown.max(axis=2, keepdims=True))
        p /= p.sum(axis=2, keepdims=True)
        p[:, np.arange(len(x)), y] -= 1
        models -= rate * (x.T @ p / len(x) + penalty * models)
    scores = ((x_val @ models).argmax(axis=2) == y_val).mean(axis=1).astype(x.dtype)
    best = scores.argmax() if ties == "first" else R * P - 1 - scores[::-1].argmax()
    places = np.array(np.unravel_index(best, (R, P)))
    return scores.reshape(R, P), places, np.asarray(scores[best]), models[best]
