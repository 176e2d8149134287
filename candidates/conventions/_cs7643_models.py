"""The network of CS7643's assignment 2, `ConvNet`, on the modules of the same candidate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from candidates.conventions._objects import (
    TRANSPOSED,
    exchanged_in,
    kept_random_state,
    right_layers,
    turned_back,
    unwritten_is_missing,
)
from candidates.spelling import Signature
from properties.models import learned, parts
from properties.plain import WrongResult, given

UNWRITTEN = ("H_out", "W_out")
SLACK = 1e-3
PLACES = {"W1": (0, "weight"), "b1": (0, "bias"), "W2": (-1, "weight"), "b2": (-1, "bias")}
GRADIENTS = {"weight": "dw", "bias": "db"}


class ConvNet:
    """`ConvNet(modules, criterion)`, lists of dictionaries: conv - relu - max pool - linear.

    `probs, loss = forward(x, y)`, and `backward()`, which leaves `.dw` and `.db` in its `.modules`.
    The probabilities (N, C) of a sample add up to 1 and are those that the loss is of.
    """

    transposed = ("W2",)

    def __init__(self, forward: Any, backward: Any, signature: Signature) -> None:
        self._kind, self._backward = forward, backward

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        spaces = [self._kind.__init__.__globals__]
        with kept_random_state(), exchanged_in(spaces, right_layers(at)):
            made = self._kind(_modules(at, inputs), {"type": "SoftmaxCrossEntropy"})
        return self._use(made, at, inputs)

    def again(
        self, at: Mapping[str, Any], inputs: Mapping[str, Any], cache: Any
    ) -> tuple[Any, Any]:
        """Forward on the object that a cache holds."""
        return self._use(cache[0], at, inputs)

    def _use(self, made: Any, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        parameters = parts(inputs)[0]
        for name, (place, attribute) in PLACES.items():
            array = parameters[name]
            setattr(made.modules[place], attribute, array.T if name == "W2" else array)
        with unwritten_is_missing(UNWRITTEN):
            results = given(made.forward(inputs["x"], inputs["y"]))
        outputs = {"loss": _loss(results, inputs["y"], len(parameters["b2"]))}
        if at.get("learning_rate") is not None:
            gradients = self._gradients(made, parameters)
            if all(isinstance(g, np.ndarray) for g in gradients.values()):
                outputs |= learned(parameters, gradients, at, inputs)
        return outputs, (made, parameters)

    def _gradients(self, made: Any, parameters: Mapping[str, Any]) -> dict[str, Any]:
        with unwritten_is_missing(UNWRITTEN):
            made.backward()
        found = {
            name: getattr(made.modules[place], GRADIENTS[attribute], None)
            for name, (place, attribute) in PLACES.items()
        }
        if all(gradient is None for gradient in found.values()):
            raise NotImplementedError("backward gave no gradient")
        found["W2"] = turned_back(
            "dw of the last module", TRANSPOSED, found["W2"], parameters["W2"]
        )
        return found

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        made, parameters = cache
        gradients = self._gradients(made, parameters)
        return {n: g if g is None else cotangents["loss"] * g for n, g in gradients.items()}


def _modules(at: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The description of a case's network, as the course's training script writes it."""
    filters, channels, size, _ = inputs["W1"].shape
    classes, features = inputs["W2"].shape
    return [
        {
            "type": "Conv2D",
            "in_channels": channels,
            "out_channels": filters,
            "kernel_size": size,
            "stride": at["stride"],
            "padding": at["padding"],
        },
        {"type": "ReLU"},
        {"type": "MaxPooling", "kernel_size": at["pool_size"], "stride": at["pool_stride"]},
        {"type": "Linear", "in_dim": features, "out_dim": classes},
    ]


def _loss(results: Any, y: np.ndarray, classes: int) -> Any:
    """The loss of what forward returned. Raises WrongResult where the probabilities are not its."""
    if not isinstance(results, tuple) or len(results) != 2:
        raise WrongResult(f"forward returned {type(results).__name__}, not (probs, loss)")
    probs, loss = results
    given(loss)
    if np.shape(probs) != (len(y), classes):
        raise WrongResult(f"probs has shape {np.shape(probs)}, expected {(len(y), classes)}")
    sums = np.sum(probs, axis=1)
    if not np.all(np.abs(sums - 1) <= SLACK):
        worst = sums[np.argmax(np.abs(sums - 1))]
        raise WrongResult(f"the probabilities of a sample add up to {worst:.6g}, expected 1")
    if np.all(probs >= 0) and np.ndim(loss) == 0 and np.isfinite(loss):
        with np.errstate(divide="ignore"):
            mean = -np.mean(np.log(probs[np.arange(len(y)), y]))
        if not abs(mean - loss) <= SLACK * (1 + abs(loss)):
            raise WrongResult(f"the loss is {loss:.6g}, that of the probabilities {mean:.6g}")
    return loss
