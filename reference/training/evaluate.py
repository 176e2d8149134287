"""The loss and the accuracy of a model on batches, without a trace in the model."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from reference.models._network import Network

Batch = tuple[np.ndarray, np.ndarray]


def evaluate(model: Network, batches: Iterable[Batch]) -> tuple[float, float]:
    """The mean cross-entropy and the fraction classified rightly, over all samples.

    The model computes as in evaluation: nothing is dropped, batch norm takes its running
    statistics, and neither they nor the parameters move. Raises ValueError where there is no batch.
    """
    total_loss, correct, samples = 0.0, 0, 0
    for x, y in batches:
        scores = model.scores(x)
        losses, _ = model.call("cross_entropy_forward", scores, y, reduction="sum")
        total_loss += float(losses)
        correct += int(np.sum(np.argmax(scores, axis=1) == y))
        samples += len(y)
    if samples == 0:
        raise ValueError("batches must have at least one sample, got none")
    return total_loss / samples, correct / samples
