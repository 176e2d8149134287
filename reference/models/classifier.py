"""A small classifier that draws its own weights: what an architecture of one's own must be able to
do, whatever it is."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np

from reference._arguments import integer, shaped
from reference.models._layers import Activation, BatchNorm, Dropout, Flatten, Layer, Linear
from reference.models._network import Network

HIDDEN = 8
P = 0.1


class Classifier(Network):
    """affine - [batch norm] - relu - [dropout] - affine.

    features: the shape (d1, ...) of one sample; classes: how many scores it gets. Batch norm and
    dropout are there where `seed`, from which the initial weights are drawn, is even. Parameters
    W1 (H, D), b1 (H,) or gamma1 and beta1 (H,), W2 (C, H), b2 (C,), by He et al. 2015. Raises
    TypeError and ValueError on bad arguments.
    """

    def __init__(
        self, features: tuple[int, ...], classes: int, *, seed: int = 0, path: str = "vectorized"
    ) -> None:
        D = int(np.prod([integer("features", d, 1) for d in features]))
        C = integer("classes", classes, 2)
        self.normalised = integer("seed", seed, 0) % 2 == 0
        self._rng = np.random.default_rng(seed)
        parameters = {"W1": self._drawn(HIDDEN, D)}
        state = {}
        if self.normalised:
            parameters |= {"gamma1": np.ones(HIDDEN), "beta1": np.zeros(HIDDEN)}
            state = {"running_mean1": np.zeros(HIDDEN), "running_var1": np.ones(HIDDEN)}
        else:
            parameters |= {"b1": np.zeros(HIDDEN)}
        parameters |= {"W2": self._drawn(C, HIDDEN), "b2": np.zeros(C)}
        super().__init__(parameters, state, path=path)

    def _drawn(self, outputs: int, inputs: int) -> np.ndarray:
        return self._rng.standard_normal((outputs, inputs)) * np.sqrt(2 / inputs)

    def chain(self) -> list[Layer]:
        first, last = Linear("W1", None if self.normalised else "b1"), Linear("W2", "b2")
        norm: list[Layer] = [BatchNorm(1)] if self.normalised else []
        dropout: list[Layer] = [Dropout("mask1", P)] if self.normalised else []
        return [Flatten(), first, *norm, Activation("relu"), *dropout, last]

    def train(
        self, x: np.ndarray, y: np.ndarray
    ) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
        """Loss, gradients and logits (N, C) of a batch x (N, d1, ...), y (N,), as `Network.train`.

        A mask of dropout is drawn for each call.
        """
        self.masks = {"mask1": self._rng.random((len(x), HIDDEN)) >= P}
        return super().train(x, y)

    def saved(self) -> dict[str, np.ndarray]:
        """Copies of the parameters and running statistics, by name."""
        return {name: value.copy() for name, value in (self.parameters | self.state).items()}

    def load(self, saved: Mapping[str, np.ndarray]) -> None:
        """Take over what `saved` gave. Raises ValueError where a name or shape is another one."""
        if saved.keys() != self.saved().keys():
            raise ValueError(f"saved must hold {', '.join(self.saved())}, got {', '.join(saved)}")
        for held in (self.parameters, self.state):
            for name, value in held.items():
                held[name] = shaped(name, saved[name], value.shape).copy()

    def copied(self) -> Classifier:
        """Another one with parameters and running statistics of its own, equal to these."""
        twin = copy.copy(self)
        twin.parameters = {name: value.copy() for name, value in self.parameters.items()}
        twin.state = {name: value.copy() for name, value in self.state.items()}
        return twin

    def fit(
        self, x: np.ndarray, y: np.ndarray, *, steps: int, learning_rate: float
    ) -> tuple[list[float], np.ndarray]:
        """Up to `steps` steps of Adam on one batch, until all of it is classified rightly.

        Returns the loss (mean over the batch) before each step, and the last logits in evaluation.
        """
        losses, moments, scores = list[float](), dict[str, Any](), self.scores(x)
        while len(losses) < steps and not np.array_equal(np.argmax(scores, axis=1), y):
            loss, gradients, _ = self.train(x, y)
            losses.append(float(loss))
            for name, gradient in gradients.items():
                self._step(name, gradient, moments, learning_rate)
            scores = self.scores(x)
        return losses, scores

    def _step(
        self, name: str, gradient: np.ndarray, moments: dict[str, Any], learning_rate: float
    ) -> None:
        w, zeros = self.parameters[name], np.zeros_like(gradient)
        before = moments.get(name, (zeros, zeros, zeros, np.array(0)))
        self.parameters[name], *moments[name] = self.call(
            "adam_forward", w, gradient, *before, lr=learning_rate
        )
