"""An epoch of training in which several batches, one after another, count as a large one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from reference._arguments import integer, number
from reference.models._network import Network

Batch = tuple[np.ndarray, np.ndarray]
Named = dict[str, np.ndarray]
SHARES, RESTS = ("samples", "batches", "steps"), ("step", "drop", "keep")


def accumulate_gradients(
    model: Network,
    batches: Sequence[Batch],
    velocities: Named,
    gradients: Named,
    *,
    accumulation_steps: int,
    learning_rate: float,
    momentum: float = 0.0,
    weight_decay: float = 0.0,
    shares: str = "samples",
    rest: str = "step",
) -> tuple[float, float]:
    """One pass over `batches` of (x, y), with one step of `torch.optim.SGD` after so many of them.

    The step is taken by the sum of their gradients, each by its share: with "samples" that of its
    samples in the group, so that without batch norm the group counts as one large batch; with
    "batches" all of a group count alike, and with "steps" each as 1 / accumulation_steps, also
    where fewer are left at the end of the epoch. That rest makes a "step" too, or is lost ("drop"),
    or goes into the first step of the next epoch ("keep"). The model's parameters and running
    statistics move, and so do `velocities` and `gradients`, which are empty at first. Returns the
    mean loss and the fraction classified rightly, over all samples, each as it was before the step
    on its batch. Raises TypeError and ValueError on bad arguments.
    """
    _check(shares, rest, batches)
    count = integer("accumulation_steps", accumulation_steps, 1)
    rate, momentum = number("learning_rate", learning_rate, 0), number("momentum", momentum, 0)
    decay = number("weight_decay", weight_decay, 0)
    total_loss, correct, samples = 0.0, 0, 0
    for i, (x, y) in enumerate(batches):
        group = batches[i - i % count :][:count]
        loss, found, scores = model.train(x, y)
        share = _share(shares, len(y), [len(labels) for _, labels in group], count)
        for name, gradient in found.items():
            gradients[name] = gradients.get(name, 0) + share * gradient
        whole, last = (i + 1) % count == 0, i + 1 == len(batches)
        if whole or (last and rest == "step"):
            _descend(model, gradients, velocities, rate, momentum, decay)
            gradients.clear()
        total_loss += float(loss) * len(y)
        correct += int(np.sum(np.argmax(scores, axis=1) == y))
        samples += len(y)
    if rest == "drop":
        gradients.clear()
    return total_loss / samples, correct / samples


def _check(shares: str, rest: str, batches: Sequence[Batch]) -> None:
    for name, value, allowed in (("shares", shares, SHARES), ("rest", rest, RESTS)):
        if value not in allowed:
            raise ValueError(f"{name} must be one of {allowed}, got {value!r}")
    if not sum(len(y) for _, y in batches):
        raise ValueError("batches must have at least one sample, got none")


def _share(shares: str, samples: int, group: Sequence[int], count: int) -> float:
    """How much a batch's mean gradient counts in the step of a group of batches of these sizes."""
    if shares == "samples":
        return samples / sum(group)
    return 1 / (len(group) if shares == "batches" else count)


def _descend(
    model: Network,
    gradients: Mapping[str, np.ndarray],
    velocities: Named,
    rate: float,
    momentum: float,
    decay: float,
) -> None:
    for name, gradient in gradients.items():
        parameter = model.parameters[name]
        step = gradient + decay * parameter
        if name in velocities:
            step = momentum * velocities[name] + step
        velocities[name] = step
        model.parameters[name] = parameter - rate * step
