"""Perplexity of scores and class ids, one position at a time."""

from __future__ import annotations

import numpy as np

from reference._metric_arguments import check_perplexity


def perplexity_forward(
    scores: np.ndarray, y: np.ndarray, *, ignore_index: int | None = None
) -> np.ndarray:
    """exp of `torch.nn.functional.cross_entropy`: how many classes a guess is worth.

    scores (..., V) logits; y (...) integer ids, where `ignore_index`, if there is one, marks a
    position that does not count (padding). exp of the mean, over the positions that count, of minus
    the log-softmax of scores at y: a 0-d array in the dtype of scores, from 1 (certain and right)
    over V (all alike) up to infinity. Raises TypeError and ValueError on bad arguments, an id out
    of range and no position that counts among them.
    """
    counted = check_perplexity(scores, y, ignore_index)
    losses = []
    for n in np.ndindex(y.shape):
        if counted[n]:
            shifted = scores[n] - np.max(scores[n])
            logp = shifted - np.log(np.sum(np.exp(shifted)))
            losses.append(-logp[y[n]])
    return np.asarray(np.exp(sum(losses) / len(losses)), scores.dtype)
