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

from properties.plain import WrongResult

DEEPEST = 5  # layers with weights that a case may have
DATA = ("x", "y", "u", "seed")
MEMORIES = ("velocities", "gradients")  # what a loop keeps from one epoch to the next

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
    """A model's answers in evaluation, then loss and gradients in training, on one batch.

    Inputs are x, y, the parameters, the state (running statistics `running_...`, the hidden state
    `h`), dropout's masks (`mask...`) and the numbers u, those of a `seed`, that a sample is drawn
    by. Where the attributes have a `clip_value`, the clipped gradients are outputs too, as `dW`;
    where they have a `learning_rate`, the parameters after a step of their optimizer are, and what
    it keeps of them is then an input and an output.
    """

    def __init__(self, module: types.ModuleType, path: str) -> None:
        self._model, self._path = model_of(module), path
        self._attributes = _keywords(self._model) - {"path"}

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        net = self.network(at, inputs)
        given = {**at, **{name: inputs[name] for name in DATA if name in inputs}}
        outputs = net.answers(**given)
        loss, gradients = net.loss(inputs["x"], inputs["y"])
        outputs |= {"loss": loss, **net.state}
        steps = gradients
        if at.get("clip_value") is not None:
            steps = net.clipped(gradients)
            outputs |= {f"d{name}": step for name, step in steps.items()}
        return outputs | learned(net.parameters, steps, at, inputs), gradients

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
        given |= {memory: {} for memory in MEMORIES if memory in self._options}
        batches = split(inputs, at["batch_sizes"])
        found = [self._loop(model, batches, **given) for _ in range(at.get("epochs", 1))]
        dtype = inputs["x"].dtype
        losses, accuracies = (np.asarray(column, dtype) for column in zip(*found, strict=True))
        told = {"losses": losses, "accuracies": accuracies, **model.parameters, **model.state}
        return told, None

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        return {}


class ResumedFunctions:
    """A training of `reference/training/` that is saved and goes on in a fresh classifier.

    The fresh one has `fresh` times the parameters, and the running statistics of one that saw
    nothing; what is left in it are the outputs `next_...`.
    """

    def __init__(self, module: types.ModuleType, path: str) -> None:
        self._loop = getattr(module, module.__name__.rpartition(".")[2])
        self._options, self._path = set(inspect.signature(self._loop).parameters), path

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        from reference.training._classifier import Classifier

        parameters, state, _ = parts(inputs)
        model = Classifier(parameters, state, path=self._path)
        fresh = Classifier(*parts(refreshed(at, inputs))[:2], path=self._path)
        given = {name: at[name] for name in self._options - {"fresh"} if name in at}
        batches = split(inputs, at["batch_sizes"])
        epoch, rate, loaded = self._loop(model, fresh, batches, **given)
        left = {**fresh.parameters, **fresh.state}
        told = {"epoch": np.array(epoch), "rate": np.array(rate, inputs["x"].dtype), **loaded}
        return told | {f"next_{name}": array for name, array in left.items()}, None

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        return {}


class SolverFunctions:
    """A whole training of `reference/training/` on a linear classifier, and what it showed.

    Inputs are x and y, x_val and y_val, and the parameters W (C, D) and b (C,).
    """

    def __init__(self, module: types.ModuleType, path: str) -> None:
        self._loop = getattr(module, module.__name__.rpartition(".")[2])
        self._options, self._path = set(inspect.signature(self._loop).parameters), path

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        from reference.training._classifier import LinearClassifier

        model = LinearClassifier({n: inputs[n] for n in ("W", "b")}, path=self._path)
        given = {name: at[name] for name in self._options if name in at}
        history = self._loop(model, inputs, **given)
        dtype = inputs["x"].dtype
        told = {
            "loss_history": np.array(history.losses, dtype),
            "train_acc_history": np.array(history.train_accuracies, dtype),
            "val_acc_history": np.array(history.val_accuracies, dtype),
            "best_val_acc": np.array(history.best, dtype),
        }
        seen = {
            "batch_ids": np.array(history.batches, np.int64),
            "checked_ids": np.array(history.checked, np.int64),
        }
        return told | model.parameters | seen, None

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        return {}


class ValidatedFunctions:
    """A training with a validation after each epoch, on the classifier of `LoopFunctions`.

    Inputs are x_val and y_val too, whose batches are `val_batch_sizes`; the outputs are four
    numbers for each epoch.
    """

    def __init__(self, module: types.ModuleType, path: str) -> None:
        self._loop = getattr(module, module.__name__.rpartition(".")[2])
        self._options, self._path = set(inspect.signature(self._loop).parameters), path

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        from reference.training._classifier import Classifier

        of_validation = {"x": inputs["x_val"], "y": inputs["y_val"]}
        others = {n: a for n, a in inputs.items() if n not in ("x_val", "y_val")}
        parameters, state, _ = parts(others)
        model = Classifier(parameters, state, path=self._path)
        given = {name: at[name] for name in self._options if name in at}
        batches = split(inputs, at["batch_sizes"])
        validation = split(of_validation, at["val_batch_sizes"])
        rows = self._loop(model, batches, validation, **given)
        columns = (np.asarray(column, inputs["x"].dtype) for column in zip(*rows, strict=True))
        told = dict(zip(EPOCH_RESULTS, columns, strict=True))
        return {**told, **model.parameters, **model.state}, None

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        return {}


EPOCH_RESULTS = ("train_losses", "train_accuracies", "val_losses", "val_accuracies")


def refreshed(at: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs with the parameters and running statistics of a fresh classifier."""
    parameters, state, _ = parts(inputs)
    ones = {n: np.full_like(a, "var" in n) for n, a in state.items()}
    return {**inputs, **{n: at["fresh"] * w for n, w in parameters.items()}, **ones}


def loop_functions(
    module: types.ModuleType, path: str
) -> LoopFunctions | ResumedFunctions | SolverFunctions | ValidatedFunctions:
    """The functions of a loop's file, by what the loop takes."""
    loop = getattr(module, module.__name__.rpartition(".")[2])
    taken = inspect.signature(loop).parameters
    if "fresh" in taken:
        return ResumedFunctions(module, path)
    if "data" in taken:
        return SolverFunctions(module, path)
    return (
        ValidatedFunctions(module, path) if "validation" in taken else LoopFunctions(module, path)
    )


class ClassifierFunctions:
    """A classifier that draws its own weights, asked by `act` what the laws of one are about.

    Each call makes the classifier anew from `seed`.
    """

    def __init__(self, module: types.ModuleType, path: str) -> None:
        self._model, self._path = model_of(module), path

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        act = getattr(self, at.get("act", "evaluate"))
        return act(at, inputs), None

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        return {}

    def made(self, at: Mapping[str, Any], inputs: Mapping[str, Any], seed: int) -> Any:
        net = self._model(at["features"], at["classes"], seed=seed, path=self._path)
        for held in (net.parameters, net.state):
            dtype = inputs["x"].dtype
            held |= {name: value.astype(dtype, copy=False) for name, value in held.items()}
        return net

    def evaluate(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
        net = self.made(at, inputs, at["seed"])
        before = net.saved()
        scores = net.scores(inputs["x"])
        moved = {f"moved {n}": a - before[n] for n, a in net.saved().items() if n in before}
        moved = {name: change for name, change in moved.items() if change.any()}
        count = sum(value.size for value in net.parameters.values())
        return {
            "scores": scores,
            "again": net.scores(inputs["x"]),
            "parameters": np.array([count, count]),
            "stated": np.array(self._stated(at, net.normalised)),
            **moved,
        }

    def _stated(self, at: Mapping[str, Any], normalised: bool) -> int:
        """How many parameters the docstring of the classifier says it has."""
        from reference.models.classifier import HIDDEN

        first = HIDDEN * int(np.prod(at["features"])) + HIDDEN * (2 if normalised else 1)
        return first + at["classes"] * (HIDDEN + 1)

    def restore(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
        net = self.made(at, inputs, at["seed"] + 2)  # of the same architecture
        first = self.made(at, inputs, at["seed"])
        both = {
            f"shared {n}": np.array(1)
            for n in first.parameters.keys() & net.parameters.keys()
            if np.shares_memory(first.parameters[n], net.parameters[n])
        }
        try:
            net.load(first.saved())
        except ValueError as error:
            raise WrongResult(f"its state cannot be loaded into a new one: {error}") from None
        return {"scores": net.scores(inputs["x"]), **both}

    def copy(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
        net = self.made(at, inputs, at["seed"])
        _, gradients, _ = self.made(at, inputs, at["seed"]).train(inputs["x"], inputs["y"])
        foreign = {f"foreign {n}": np.array(1) for n in gradients if n not in net.parameters}
        before, twin = net.scores(inputs["x"]), net.copied()
        kept = {name: value.copy() for name, value in net.parameters.items()}
        for value in net.parameters.values():
            value += 1
        scores = twin.scores(inputs["x"])
        for name, value in net.parameters.items():
            value[...] = kept[name]
        return {"scores": scores, "before": before, **foreign}

    def train(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
        from reference.models._layers import Activation

        net = self.made(at, inputs, at["seed"])
        weights = [value for value in net.parameters.values() if value.ndim > 1]
        varied = [np.ptp(value) > 0 for value in weights]
        _, gradients, scores = net.train(inputs["x"], inputs["y"])
        found = {f"d{name}": np.asarray(gradients.get(name, [])) for name in net.parameters}
        for name, gradient in gradients.items():
            if gradient.ndim > 1 and not gradient.any() and not np.any(net.parameters.get(name, 1)):
                found[f"still {name}"] = np.array(1)
        return {
            "scores": scores,
            **found,
            "varied": np.array(varied),
            "two_modes": np.array(net.normalised),
            "cut": np.array(net.chain()[-1] == Activation("relu")),
        }

    def fit(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
        net = self.made(at, inputs, at["seed"])
        options = {"steps": at["steps"], "learning_rate": at["learning_rate"]}
        losses, scores = net.fit(inputs["x"], inputs["y"], **options)
        return {"scores": scores, "losses": np.array(losses)}


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
    """The parameters, the state and the masks among the inputs of a model.

    What an optimizer keeps is none of them.
    """
    parameters: dict[str, Any] = {}
    state: dict[str, Any] = {}
    masks: dict[str, Any] = {}
    for name, array in inputs.items():
        if name.startswith("running_") or name == "h":
            state[name] = array
        elif name.startswith("mask"):
            masks[name] = array
        elif name not in DATA and not name.startswith(("velocity_", "square_")):
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
