"""A whole training: random batches, decaying rate, accuracies on the way, the best parameters."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from reference._arguments import integer, number
from reference.models._network import Network
from reference.training._history import History


def solver(
    model: Network,
    data: Mapping[str, np.ndarray],
    *,
    learning_rate: float,
    momentum: float = 0.0,
    lr_decay: float = 1.0,
    batch_size: int = 100,
    epochs: int = 10,
    train_samples: int | None = None,
    seed: int = 0,
) -> History:
    """Train on random batches of x (N, ...) and y (N,), and leave the best parameters in the model.

    An epoch has max(N // batch_size, 1) steps, w += v with v = momentum v - learning_rate dw, and
    the rate is multiplied by lr_decay after each. After the first step and after each epoch the
    accuracy is taken on train_samples random samples (None: on all) and on x_val and y_val. In the
    end the parameters are those of the first check with the largest accuracy on these. CS231n's
    `Solver` with the rules sgd and sgd_momentum. Raises TypeError and ValueError on bad arguments.
    """
    rate, momentum = number("learning_rate", learning_rate, 0), number("momentum", momentum, 0)
    decay = number("lr_decay", lr_decay, 0)
    size, epochs = integer("batch_size", batch_size, 1), integer("epochs", epochs, 1)
    x, y = data["x"], data["y"]
    per_epoch = max(len(x) // size, 1)
    rng, history = np.random.default_rng(seed), History()
    model.parameters = {name: w.copy() for name, w in model.parameters.items()}
    velocities = {name: np.zeros_like(w) for name, w in model.parameters.items()}
    best: dict[str, np.ndarray] = {}
    for t in range(epochs * per_epoch):
        ids = rng.choice(len(x), size)
        loss, gradients = model.loss(x[ids], y[ids])
        history.losses.append(float(loss))
        history.batches.append(ids)
        for name, gradient in gradients.items():
            velocities[name] = momentum * velocities[name] - rate * gradient
            model.parameters[name] += velocities[name]
        epoch_ends = (t + 1) % per_epoch == 0
        if epoch_ends:
            rate *= decay
        if t == 0 or epoch_ends:
            few = train_samples is not None and train_samples < len(x)
            checked = rng.choice(len(x), train_samples) if few else np.arange(len(x))
            history.checked.append(checked)
            history.train_accuracies.append(_accuracy(model, x[checked], y[checked]))
            accuracy = _accuracy(model, data["x_val"], data["y_val"])
            if accuracy > max(history.val_accuracies, default=-1.0):
                best = {name: w.copy() for name, w in model.parameters.items()}
            history.val_accuracies.append(accuracy)
    model.parameters = best
    return history


def _accuracy(model: Network, x: np.ndarray, y: np.ndarray) -> float:
    return float(np.mean(model.predict(x) == y))
