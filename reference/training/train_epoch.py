"""An epoch of training by gradient descent with momentum."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from reference._arguments import number
from reference.models._network import Network

Batch = tuple[np.ndarray, np.ndarray]


def train_epoch(
    model: Network,
    batches: Iterable[Batch],
    velocities: dict[str, np.ndarray],
    *,
    learning_rate: float,
    momentum: float = 0.0,
    weight_decay: float = 0.0,
    max_norm: float | None = None,
) -> tuple[float, float]:
    """One pass over `batches` of (x, y), with one step of `torch.optim.SGD` after each.

    The model's parameters and running statistics move, and so do `velocities`, which is empty at
    first. With a `max_norm`, gradients are clipped to that total norm before each step. Returns the
    mean loss and the fraction classified rightly, over all samples, each as it was before the step
    on its batch. Raises ValueError where there is no batch.
    """
    rate, momentum = number("learning_rate", learning_rate, 0), number("momentum", momentum, 0)
    decay = number("weight_decay", weight_decay, 0)
    bound = np.inf if max_norm is None else number("max_norm", max_norm, 0)
    total_loss, correct, samples = 0.0, 0, 0
    for x, y in batches:
        loss, gradients, scores = model.train(x, y)
        norm = np.sqrt(sum(np.sum(g**2) for g in gradients.values()))
        factor = min(1.0, bound / (float(norm) + 1e-6))
        for name, gradient in gradients.items():
            parameter = model.parameters[name]
            step = factor * gradient + decay * parameter
            if name in velocities:
                step = momentum * velocities[name] + step
            velocities[name] = step
            model.parameters[name] = parameter - rate * step
        total_loss += float(loss) * len(y)
        correct += int(np.sum(np.argmax(scores, axis=1) == y))
        samples += len(y)
    if samples == 0:
        raise ValueError("batches must have at least one sample, got none")
    return total_loss / samples, correct / samples
