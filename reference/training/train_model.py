"""Epochs of training, each followed by a validation, with a schedule, a memory and a patience."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reference._arguments import integer, number
from reference.models._network import Network
from reference.training.evaluate import evaluate
from reference.training.train_epoch import train_epoch

Batch = tuple[np.ndarray, np.ndarray]
KEPT, TIES = ("last", "loss", "accuracy"), ("first", "last")


def train_model(
    model: Network,
    batches: Sequence[Batch],
    validation: Sequence[Batch],
    *,
    learning_rate: float,
    momentum: float = 0.0,
    epochs: int = 1,
    gamma: float = 1.0,
    keep: str = "last",
    ties: str = "first",
    patience: int | None = None,
) -> list[tuple[float, float, float, float]]:
    """At most `epochs` passes over `batches`, each followed by one over `validation`.

    The rate of `torch.optim.SGD` is multiplied by gamma after each epoch
    (`torch.optim.lr_scheduler.StepLR`). In the end the parameters and running statistics are the
    last ones or, where `keep` says so, those of the epoch with the smallest validation "loss" or
    the largest "accuracy", the first such epoch or with `ties` the last. After `patience` epochs in
    a row that were not better, the training stops. Returns for each epoch the loss and the accuracy
    of training and of validation. Raises TypeError and ValueError on bad arguments.
    """
    rate, gamma = number("learning_rate", learning_rate, 0), number("gamma", gamma, 0)
    for name, value, allowed in (("keep", keep, KEPT), ("ties", ties, TIES)):
        if value not in allowed:
            raise ValueError(f"{name} must be one of {allowed}, got {value!r}")
    if patience is not None:
        patience = integer("patience", patience, 1)
    velocities: dict[str, np.ndarray] = {}
    history: list[tuple[float, float, float, float]] = []
    best, kept, waited = -np.inf, (dict(model.parameters), dict(model.state)), 0
    for _ in range(integer("epochs", epochs, 1)):
        trained = train_epoch(model, batches, velocities, learning_rate=rate, momentum=momentum)
        found = evaluate(model, validation)
        history.append((*trained, *found))
        rate *= gamma
        score = found[1] if keep == "accuracy" else -found[0]
        if score > best or (score == best and ties == "last"):
            best, waited = score, 0
            kept = dict(model.parameters), dict(model.state)
        else:
            waited += 1
        if patience is not None and waited >= patience:
            break
    if keep != "last":
        model.parameters, model.state = kept
    return history
