"""A chain of layers with named parameters, under a softmax loss and an L2 penalty."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from reference._arguments import array, integers, number
from reference.models._layers import Layer

PATHS = ("naive", "vectorized")


class Network:
    """A classifier: what models have in common. A model says which layers are its chain.

    parameters: arrays by name, weights `W1`, `W2` among them; state: running statistics by name;
    masks: of dropout, by name, True where an element is kept. reg: the L2 penalty is
    reg / 2 times the sum of all squared weights, biases and scales left out. path: "naive" or
    "vectorized". Raises TypeError and ValueError on bad arguments, the layers' own included.
    """

    def __init__(
        self,
        parameters: Mapping[str, np.ndarray],
        state: Mapping[str, np.ndarray] | None = None,
        masks: Mapping[str, np.ndarray] | None = None,
        *,
        reg: float = 0.0,
        path: str = "vectorized",
    ) -> None:
        if path not in PATHS:
            raise ValueError(f"path must be one of {PATHS}, got {path!r}")
        self.parameters = {name: array(name, value) for name, value in parameters.items()}
        self.state, self.masks = dict(state or {}), dict(masks or {})
        self.reg = number("reg", reg, 0)
        self._path = importlib.import_module(f"reference.{path}")

    def call(self, function: str, *arguments: Any, **attributes: Any) -> Any:
        """A function of the reference, on the path that was chosen."""
        return getattr(self._path, function)(*arguments, **attributes)

    def chain(self) -> list[Layer]:
        """The layers, in the order in which they are applied."""
        raise NotImplementedError

    def scores(self, x: np.ndarray) -> np.ndarray:
        """The logits (N, C) of a batch x (N, ...) in evaluation."""
        return self._forward(x, training=False)[0]

    def predict(self, x: np.ndarray) -> np.ndarray:
        """The class ids (N,) with the largest logits."""
        return np.argmax(self.scores(x), axis=1)

    def answers(self, x: np.ndarray, y: np.ndarray, **given: Any) -> dict[str, np.ndarray]:
        """What the model says of a batch in evaluation, by name; a sample is asked for by `given`.

        y is the batch's own, for models that read it.
        """
        return {"scores": self.scores(x)}

    def loss(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """The loss of a batch in training, a 0-d array, and the gradients of all parameters.

        x (N, ...), y (N,) class ids. The running statistics of batch norm move.
        """
        loss, gradients, _ = self.train(x, y)
        return loss, gradients

    def train(
        self, x: np.ndarray, y: np.ndarray
    ) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
        """As `loss`, and the logits (N, C) of that pass."""
        integers("y", y, "N")
        scores, caches = self._forward(x, training=True)
        loss, cache = self.call("cross_entropy_forward", scores, y)
        dscores = self.call("cross_entropy_backward", scores.dtype.type(1), cache)
        gradients = self._backward(dscores, caches)
        for name in self.penalised():
            gradients[name] = gradients[name] + self.reg * self.parameters[name]
        return np.asarray(loss + self.penalty(), scores.dtype), gradients, scores

    def penalised(self) -> list[str]:
        """The parameters under the L2 penalty."""
        return [name for name in self.parameters if name.startswith("W")]

    def penalty(self) -> Any:
        return 0.5 * self.reg * sum(np.sum(self.parameters[name] ** 2) for name in self.penalised())

    def _forward(self, x: np.ndarray, training: bool) -> tuple[np.ndarray, list[Any]]:
        out, caches = array("x", x), []
        for layer in self.chain():
            out, cache = layer.forward(self, out, training)
            caches.append(cache)
        return out, caches

    def _backward(self, dout: np.ndarray, caches: list[Any]) -> dict[str, np.ndarray]:
        gradients: dict[str, np.ndarray] = {}
        for layer, cache in zip(reversed(self.chain()), reversed(caches), strict=True):
            dout, of_parameters = layer.backward(self, dout, cache)
            gradients |= of_parameters
        return gradients
