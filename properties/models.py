"""A model or loop of `reference/` behind the names of an operator."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import inspect
import pkgutil
import types
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

DEEPEST = 5  # layers with weights that a case may have
SLOTS: Mapping[str, tuple[str, ...]] = {
    "descent": (),
    "momentum": ("velocity",),
    "nesterov": ("velocity",),
    "adam": ("velocity", "square"),
}
"""The optimizers of training steps, and what they keep of each parameter: `velocity_W1`."""

BETA2 = 0.99  # of adam, whose beta1 is the momentum
EPS = 0.1  # large, so that a gradient of rounding alone moves nothing


class ModelFunctions:
    """Scores in evaluation, then loss and gradients in training, on one batch.

    A model that writes samples words instead of scores, `max_length` of them.

    Inputs are x, y, the parameters, the running statistics (`running_...`) and dropout's masks
    (`mask...`). Where the attributes have a `learning_rate`, the parameters after one step of their
    optimizer are outputs too; what it keeps of them is then an input and an output.
    """

    def __init__(self, module: types.ModuleType, path: str) -> None:
        self._model, self._path = model_of(module), path
        self._attributes = _keywords(self._model) - {"path"}

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        net = self.network(at, inputs)
        if hasattr(net, "sample"):
            outputs = {"words": net.sample(inputs["x"], at["max_length"])}
        else:
            outputs = {"scores": net.scores(inputs["x"])}
        loss, gradients = net.loss(inputs["x"], inputs["y"])
        outputs |= {"loss": loss, **net.state}
        return outputs | learned(net.parameters, gradients, at, inputs), gradients

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        return {name: cotangents["loss"] * gradient for name, gradient in cache.items()}

    def network(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> Any:
        """The model with these inputs as its parameters."""
        parameters, state, masks = parts(inputs)
        given = {name: at[name] for name in self._attributes if name in at}
        return self._model(parameters, state, masks, path=self._path, **given)


class LoopFunctions:
    """A loop of `reference/training/` on a small classifier, over batches of drawn sizes.

    Inputs are x, y and what the classifier has. `batch_sizes` are those of the batches; where the
    attributes have `epochs`, the loop runs so often, and the outputs are a number for each.
    """

    def __init__(self, module: types.ModuleType, path: str) -> None:
        self._loop = getattr(module, module.__name__.rpartition(".")[2])
        self._options = set(inspect.signature(self._loop).parameters)
        self._path = path

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        from reference.training._classifier import Classifier

        parameters, state, _ = parts(inputs)
        model = Classifier(parameters, state, p=at.get("p", 0.0), path=self._path)
        given = {name: at[name] for name in self._options if name in at}
        if "velocities" in self._options:
            given["velocities"] = {}
        batches = split(inputs, at["batch_sizes"])
        found = [self._loop(model, batches, **given) for _ in range(at.get("epochs", 1))]
        dtype = inputs["x"].dtype
        losses, accuracies = (np.asarray(column, dtype) for column in zip(*found, strict=True))
        told = {"losses": losses, "accuracies": accuracies, **model.parameters, **model.state}
        return told, None

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        return {}


def split(inputs: Mapping[str, Any], sizes: Sequence[int]) -> list[tuple[Any, Any]]:
    """The batches (x, y), in order."""
    ends = [sum(sizes[: i + 1]) for i in range(len(sizes))]
    parts_ = zip([0, *ends], ends, strict=False)
    return [(inputs["x"][a:b], inputs["y"][a:b]) for a, b in parts_]


def numbered(*stems: str, last: int = DEEPEST) -> tuple[str, ...]:
    """`W1`, `b1`, `W2`, `b2`, ...: the names of every layer's arrays."""
    return tuple(f"{stem}{i}" for i in range(1, last + 1) for stem in stems)


def learned(
    parameters: Mapping[str, Any],
    gradients: Mapping[str, Any],
    at: Mapping[str, Any],
    inputs: Mapping[str, Any],
) -> dict[str, Any]:
    """The parameters and what the optimizer keeps after one step, if one is asked for."""
    rate = at.get("learning_rate")
    if rate is None:
        return {}
    found: dict[str, Any] = {}
    for name, parameter in parameters.items():
        kept = {slot: inputs[f"{slot}_{name}"] for slot in SLOTS[at["optimizer"]]}
        step, kept = _step(gradients[name], kept, at)
        found[name] = np.asarray(parameter - rate * step)
        found |= {f"{slot}_{name}": np.asarray(array) for slot, array in kept.items()}
    return found


def _step(g: Any, kept: Mapping[str, Any], at: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """What a parameter moves by, in learning rates, and what is kept for the next step."""
    if at["optimizer"] == "descent":
        return g, {}
    momentum = at["momentum"]
    if at["optimizer"] == "adam":
        velocity = momentum * kept["velocity"] + (1 - momentum) * g
        square = BETA2 * kept["square"] + (1 - BETA2) * g**2
        count = at["step"] + 1
        root = np.sqrt(square / (1 - BETA2**count))
        step = velocity / (1 - momentum**count) / (root + EPS)
        return step, {"velocity": velocity, "square": square}
    velocity = momentum * kept["velocity"] + g
    step = g + momentum * velocity if at["optimizer"] == "nesterov" else velocity
    return step, {"velocity": velocity}


def slots(names: Sequence[str]) -> tuple[str, ...]:
    """What any optimizer keeps of parameters of these names."""
    kept = dict.fromkeys(slot for of in SLOTS.values() for slot in of)
    return tuple(f"{slot}_{name}" for slot in kept for name in names)


def parts(inputs: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The parameters, running statistics and masks among the inputs of a model.

    What an optimizer keeps is none of them.
    """
    parameters: dict[str, Any] = {}
    state: dict[str, Any] = {}
    masks: dict[str, Any] = {}
    for name, array in inputs.items():
        if name.startswith("running_"):
            state[name] = array
        elif name.startswith("mask"):
            masks[name] = array
        elif name not in ("x", "y") and not name.startswith(("velocity_", "square_")):
            parameters[name] = array
    return parameters, state, masks


def model_of(module: types.ModuleType) -> Any:
    """The class of a model's file: `TwoLayerNet` of `two_layer_net`."""
    name = module.__name__.rpartition(".")[2]
    kinds = {kind.lower(): found for kind, found in vars(module).items()}
    return kinds[name.replace("_", "")]


def find_model(name: str) -> types.ModuleType | None:
    """The file of a model, or None where there is no model of the name."""
    return _found(f"reference.models.{name}")


def find_loop(name: str) -> types.ModuleType | None:
    """The file of a training loop, or None where there is none of the name."""
    return _found(f"reference.training.{name}")


def _found(module: str) -> types.ModuleType | None:
    return importlib.import_module(module) if _exists(module) else None


@functools.cache
def _exists(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def model_names() -> list[str]:
    """Names of all models, found by file name."""
    return _public("reference.models")


def loop_names() -> list[str]:
    """Names of all training loops, found by file name."""
    return _public("reference.training")


def _public(package: str) -> list[str]:
    found = pkgutil.iter_modules(importlib.import_module(package).__path__)
    return sorted(module.name for module in found if not module.name.startswith("_"))


def _keywords(kind: Any) -> set[str]:
    """What the constructors of a class and of its bases take by keyword."""
    parameters = (
        p
        for base in inspect.getmro(kind)
        if "__init__" in vars(base) and base is not object
        for p in inspect.signature(vars(base)["__init__"]).parameters.values()
    )
    return {p.name for p in parameters if p.kind is p.KEYWORD_ONLY}
