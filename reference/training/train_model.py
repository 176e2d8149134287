"""Epochs of training, each followed by a validation, with a schedule, a memory and a patience."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reference._arguments import integer, number
from reference.models._network import Network
from reference.training.evaluate import evaluate
from reference.training.train_epoch import train_epoch

Batch = tuple[np.ndarray, np.ndarray]
KEPT, TIES, WATCHED = ("last", "loss", "accuracy"), ("first", "last"), ("loss", "accuracy")
Row = tuple[float, float, float, float]


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
    plateau: int | None = None,
    watch: str = "loss",
) -> list[Row]:
    """At most `epochs` passes over `batches`, each followed by one over `validation`.

    The rate of `torch.optim.SGD` is multiplied by gamma after each epoch
    (`torch.optim.lr_scheduler.StepLR`) or, where there is a `plateau`, after more epochs in a row
    than that whose validation "loss" or "accuracy" was no better (`ReduceLROnPlateau`). In the end
    the parameters and running statistics are the last ones or, where `keep` says so, those of the
    epoch with the smallest validation "loss" or the largest "accuracy", the first such epoch or
    with `ties` the last. After `patience` epochs in a row that were not better, the training stops.
    Returns for each epoch the loss and the accuracy of training and of validation. Raises TypeError
    and ValueError on bad arguments.
    """
    rate, gamma = number("learning_rate", learning_rate, 0), number("gamma", gamma, 0)
    for name, value, allowed in (
        ("keep", keep, KEPT),
        ("ties", ties, TIES),
        ("watch", watch, WATCHED),
    ):
        if value not in allowed:
            raise ValueError(f"{name} must be one of {allowed}, got {value!r}")
    if patience is not None:
        patience = integer("patience", patience, 1)
    velocities: dict[str, np.ndarray] = {}
    history: list[Row] = []
    best, kept, waited = -np.inf, (dict(model.parameters), dict(model.state)), 0
    for _ in range(integer("epochs", epochs, 1)):
        trained = train_epoch(model, batches, velocities, learning_rate=rate, momentum=momentum)
        found = evaluate(model, validation)
        history.append((*trained, *found))
        if plateau is None:
            rate *= gamma
        else:
            rate = _on_plateau(model, learning_rate, gamma, plateau, watch, history)
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


def _on_plateau(
    model: Network, rate: float, factor: float, patience: int, watch: str, history: Sequence[Row]
) -> float:
    """The learning rate after these epochs, from the first one."""
    told = np.array([row[3] if watch == "accuracy" else row[2] for row in history])
    options = {"mode": "max" if watch == "accuracy" else "min", "factor": factor}
    schedule = "reduce_lr_on_plateau_forward"
    rates = model.call(schedule, np.array(float(rate)), told, **options, patience=patience)
    return float(rates[-1])
