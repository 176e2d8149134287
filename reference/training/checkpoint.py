"""A training that is saved half-way, and goes on in a fresh model from what was saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from reference._arguments import integer, number
from reference.models._network import Network

Batch = tuple[np.ndarray, np.ndarray]
EPS = 0.1  # of Adam, large, so that a gradient of rounding alone moves nothing


class Adam:
    """`torch.optim.Adam` on a model: a step at a time, by named gradients."""

    def __init__(self, model: Network, rate: float) -> None:
        self.model, self.rate, self.steps = model, rate, 0
        self.moments = {name: _zeros(w) for name, w in model.parameters.items()}

    def step(self, gradients: Mapping[str, np.ndarray]) -> None:
        t = np.array(self.steps)
        for name, gradient in gradients.items():
            m, v = self.moments[name]
            moved = self.model.parameters[name], gradient, m, v, np.zeros_like(v), t
            w, m, v, *_ = self.model.call("adam_forward", *moved, lr=self.rate, eps=EPS)
            self.model.parameters[name], self.moments[name] = w, (m, v)
        self.steps += 1


def _zeros(w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.zeros_like(w), np.zeros_like(w)


def save(model: Network, optimizer: Adam, epoch: int) -> dict[str, Any]:
    """All that a training needs to go on; what happens to it afterwards changes nothing of it."""
    return {
        "parameters": dict(model.parameters),
        "statistics": dict(model.state),
        "moments": dict(optimizer.moments),
        "steps": optimizer.steps,
        "rate": optimizer.rate,
        "epoch": epoch,
    }


def load(saved: Mapping[str, Any], model: Network, optimizer: Adam) -> int:
    """Put what was saved into a model and its optimizer, and tell the epoch.

    Raises ValueError where the model has other parameters or statistics than those saved.
    """
    for held, kept in (
        (model.parameters, saved["parameters"]),
        (model.state, saved["statistics"]),
    ):
        if set(held) != set(kept):
            raise ValueError(f"the model has {sorted(held)}, but {sorted(kept)} were saved")
    model.parameters = dict(saved["parameters"])
    model.state = dict(saved["statistics"])
    optimizer.moments = dict(saved["moments"])
    optimizer.steps = saved["steps"]
    optimizer.rate = saved["rate"]
    return int(saved["epoch"])


def checkpoint(
    model: Network,
    fresh: Network,
    batches: Sequence[Batch],
    *,
    saved_after: int,
    learning_rate: float,
    fresh_learning_rate: float,
    epoch: int,
    counts: str = "saved",
) -> tuple[int, float, dict[str, np.ndarray]]:
    """Train by Adam on `saved_after` of the batches, save, and load into a `fresh` model.

    The rest of the batches is for both: first for the model that was saved, then for the fresh one,
    whose optimizer was made with another learning rate. Returns the epoch that was saved (or, with
    `counts` "next", the one after it), the loaded learning rate, and the fresh model's parameters
    and running statistics as they were loaded; the fresh model is left as trained. The steps are
    those of `torch.save`, `torch.load` and `load_state_dict`. Raises TypeError and ValueError on
    bad arguments.
    """
    first = integer("saved_after", saved_after, 0)
    if first > len(batches):
        raise ValueError(f"saved_after must be at most {len(batches)}, got {saved_after}")
    if counts not in ("saved", "next"):
        raise ValueError(f"counts must be 'saved' or 'next', got {counts!r}")
    optimizer = Adam(model, number("learning_rate", learning_rate, 0))
    other = Adam(fresh, number("fresh_learning_rate", fresh_learning_rate, 0))
    _train(model, optimizer, batches[:first])
    saved = save(model, optimizer, integer("epoch", epoch, 0))
    _train(model, optimizer, batches[first:])
    found = load(saved, fresh, other)
    loaded = {**fresh.parameters, **fresh.state}
    _train(fresh, other, batches[first:])
    return found + (counts == "next"), other.rate, loaded


def _train(model: Network, optimizer: Adam, batches: Sequence[Batch]) -> None:
    for x, y in batches:
        optimizer.step(model.loss(x, y)[1])
