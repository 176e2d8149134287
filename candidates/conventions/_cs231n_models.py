"""The worker half of CS231n's models: constructed, given parameters, asked for scores and loss.

`model.loss(X)` gives scores in evaluation, `model.loss(X, y)` the loss and a dictionary of
gradients in training. Fully connected weights are (in, out).
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from candidates.conventions._cs231n_extension import equip
from candidates.conventions._cs231n_layers import exchanged
from candidates.conventions._objects import (
    exchanged_in,
    kept_random_state,
    names,
    right_layers,
)
from candidates.spelling import Signature
from properties.models import learned, parts
from properties.plain import WrongResult, given

WEIGHT_SCALE = 0.01
STANDARD_ERRORS = 10  # of initial weights: right code exceeds that once in 1e15 arrays


class Model:
    """A class with params and loss. A call makes an object of its own; `again` uses one twice."""

    transposed: tuple[str, ...] = ()

    def __init__(self, forward: Any, backward: Any, signature: Signature) -> None:
        self._kind = forward
        self._globals = _reached(forward.loss)

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        with kept_random_state():
            made = self.construct(at, inputs)
        self._check_start(made, parts(inputs)[0])
        return self._use(made, at, inputs)

    def again(
        self, at: Mapping[str, Any], inputs: Mapping[str, Any], cache: Any
    ) -> tuple[Any, Any]:
        return self._use(cache[0], at, inputs)

    def construct(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> Any:
        """A new object, for the sizes of a case."""
        wanted = self.arguments(at, inputs) | self.settings(at, inputs)
        taken = names(self._kind.__init__)
        return self._kind(**{name: value for name, value in wanted.items() if name in taken})

    def settings(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
        """The constructor's arguments that every model has."""
        dtype = inputs["x"].dtype.type
        return {"weight_scale": WEIGHT_SCALE, "reg": at.get("reg"), "dtype": dtype}

    def arguments(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
        """The constructor's arguments of this model."""
        raise NotImplementedError

    def _check_start(self, made: Any, parameters: Mapping[str, np.ndarray]) -> None:
        """Raise WrongResult where the initial parameters are not what the text says."""
        params = getattr(made, "params", None)
        if not isinstance(params, dict) or not params:
            raise NotImplementedError("the constructor leaves params empty")
        for name, ours in parameters.items():
            found = params.get(name)
            if found is None:
                raise WrongResult(f"params has no {name!r}")
            shape = ours.shape[::-1] if name in self.transposed else ours.shape
            if np.shape(found) != shape:
                raise WrongResult(f"params[{name!r}] has shape {np.shape(found)}, expected {shape}")
            wrong = _not_as_told(name, np.asarray(found))
            if wrong:
                raise WrongResult(f"at the start params[{name!r}] {wrong}")

    def _use(self, made: Any, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> Any:
        parameters, state, masks = parts(inputs)
        for name, array in parameters.items():
            made.params[name] = array.T if name in self.transposed else array
        self.set_state(made, state)
        extra = self.extra(made, at)
        with self._swapped(masks, at):
            scores = given(made.loss(inputs["x"], **extra))
        with self._swapped(masks, at):
            results = given(made.loss(inputs["x"], inputs["y"], **extra))
        loss, grads = results_of(results)
        gradients = {name: self._turned(name, grads.get(name), parameters) for name in parameters}
        outputs = {"scores": scores, "loss": loss, **self.state(made, state)}
        whole = all(isinstance(g, np.ndarray) for g in gradients.values())
        new = learned(parameters, gradients, at, inputs) if whole else {}
        return outputs | new, (made, gradients)

    def extra(self, made: Any, at: Mapping[str, Any]) -> dict[str, Any]:
        """What loss takes besides the batch."""
        return {}

    def _turned(self, name: str, gradient: Any, parameters: Mapping[str, np.ndarray]) -> Any:
        if name not in self.transposed or not isinstance(gradient, np.ndarray):
            return gradient
        expected = parameters[name].shape[::-1]
        if gradient.shape != expected:
            raise WrongResult(f"grads[{name!r}] has shape {gradient.shape}, expected {expected}")
        return gradient.T

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        dloss = cotangents["loss"]
        return {n: g if g is None else dloss * g for n, g in cache[1].items()}

    def set_state(self, made: Any, state: Mapping[str, Any]) -> None:
        """Give an object its running statistics."""

    def state(self, made: Any, state: Mapping[str, Any]) -> dict[str, Any]:
        """An object's running statistics, by name."""
        return {}

    @contextmanager
    def _swapped(self, masks: Mapping[str, Any], at: Mapping[str, Any]) -> Iterator[None]:
        """Layers of its module exchanged: dropout, by one with the masks of the case."""
        right = right_layers(at)
        right |= dropout_with(masks, self.kept) if masks else {}
        with exchanged_in(self._globals, right):
            yield

    @property
    def kept(self) -> bool:
        """Whether its dropout is told the fraction that is kept."""
        return True


class TwoLayerNet(Model):
    """`TwoLayerNet(input_dim, hidden_dim, num_classes, weight_scale, reg)`, with relu."""

    transposed = ("W1", "W2")

    def arguments(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
        hidden, features = inputs["W1"].shape
        return {"input_dim": features, "hidden_dim": hidden, "num_classes": len(inputs["b2"])}


class NeuralNet(TwoLayerNet):
    """`TwoLayerNet(input_size, hidden_size, output_size, std)` with `loss(X, y, reg)`: X (N, D).

    The penalty is reg / 2 times the squared weights in 2016, reg times them later: which of the
    two a class computes is asked of itself, at zero scores.
    """

    def construct(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> Any:
        hidden, features = inputs["W1"].shape
        return self._kind(features, hidden, len(inputs["b2"]), std=WEIGHT_SCALE)

    def extra(self, made: Any, at: Mapping[str, Any]) -> dict[str, Any]:
        return {"reg": at["reg"] / 2 if self._whole(made) else at["reg"]}

    def _whole(self, made: Any) -> bool:
        """Whether the penalty of unit strength is nearer to the sum of squares than to half it."""
        before = dict(made.params)
        for name, array in before.items():
            made.params[name] = np.ones_like(array) if name[0] == "W" else np.zeros_like(array)
        zeros, ids = np.zeros((1, len(before["W1"]))), np.zeros(1, int)
        try:
            costs = [float(made.loss(zeros, ids, reg=reg)[0]) for reg in (1.0, 0.0)]
        except Exception:
            return True
        finally:
            made.params.update(before)
        squares = before["W1"].size + before["W2"].size
        return costs[0] - costs[1] > 0.75 * squares


class ThreeLayerConvNet(Model):
    """`ThreeLayerConvNet(input_dim, num_filters, filter_size, hidden_dim, num_classes, ...)`."""

    transposed = ("W2", "W3")

    def arguments(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "input_dim": inputs["x"].shape[1:],
            "num_filters": len(inputs["b1"]),
            "filter_size": inputs["W1"].shape[2],
            "hidden_dim": len(inputs["b2"]),
            "num_classes": len(inputs["b3"]),
        }


class CaptioningRNN(Model):
    """`CaptioningRNN(word_to_idx, input_dim, wordvec_dim, hidden_dim, cell_type, dtype)`.

    `loss(features, captions)` and `sample(features, max_length)`; gates in the order i, f, o, g.
    """

    transposed = ("W_proj", "W_vocab")

    def arguments(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
        hidden, features = inputs["W_proj"].shape
        return {
            "word_to_idx": vocabulary(len(inputs["W_embed"]), at["null"], at["start"]),
            "input_dim": features,
            "wordvec_dim": inputs["W_embed"].shape[1],
            "hidden_dim": hidden,
            "cell_type": at["cell"],
        }

    def _check_start(self, made: Any, parameters: Mapping[str, np.ndarray]) -> None:
        """The constructor is handed out."""

    def _use(self, made: Any, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> Any:
        parameters = parts(inputs)[0]
        for name, array in self._theirs(at, parameters).items():
            made.params[name] = array
        with self._swapped({}, at):
            words = given(made.sample(inputs["x"], max_length=at["max_length"]))
            loss, grads = results_of(given(made.loss(inputs["x"], inputs["y"])))
        turned = {name: self._turned(name, grads.get(name), parameters) for name in parameters}
        gradients = self._theirs(at, turned, back=True)
        whole = all(isinstance(g, np.ndarray) for g in gradients.values())
        new = learned(parameters, gradients, at, inputs) if whole else {}
        return {"words": words, "loss": loss} | new, (made, gradients)

    def _theirs(
        self, at: Mapping[str, Any], arrays: Mapping[str, Any], back: bool = False
    ) -> dict[str, Any]:
        """Arrays with their axes and gates (or, with `back`, the gates alone) as the course's."""
        found = {}
        for name, array in arrays.items():
            if at["cell"] == "lstm" and name in ("Wx", "Wh", "b"):
                array = exchanged(array)
            found[name] = array.T if name in self.transposed and not back else array
        return found


def vocabulary(size: int, null: int, start: int) -> dict[str, int]:
    """A dictionary of words with the course's marks at their places."""
    marks = {null: "<NULL>", start: "<START>"}
    end = next(i for i in range(size) if i not in marks)
    marks[end] = "<END>"
    return {marks.get(i, f"word{i}"): i for i in range(size)}


def results_of(results: Any) -> tuple[Any, dict[str, Any]]:
    """A loss and its gradients. Raises WrongResult, or NotImplementedError where there are none."""
    if not isinstance(results, tuple) or len(results) != 2 or not isinstance(results[1], dict):
        kind = type(results).__name__
        raise WrongResult(f"loss(X, y) returned {kind}, not (loss, grads)")
    if not results[1]:
        raise NotImplementedError("grads is empty")
    return results


class FullyConnectedNet(Model):
    """`FullyConnectedNet(hidden_dims, input_dim, num_classes, dropout..., normalization, ...)`.

    Until 2017 `use_batchnorm` instead of `normalization`, and dropout 0 for none; later 1 for none,
    and its name is dropout or dropout_keep_ratio. Running statistics are in `bn_params`.
    """

    transposed = tuple(f"W{i}" for i in range(1, 6))

    def arguments(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
        depth = len(at["hidden"]) + 1
        normalization = {None: None, "batch": "batchnorm", "layer": "layernorm"}
        fraction = 1 - at["p"] if self.kept else at["p"]
        return {
            "hidden_dims": list(at["hidden"]),
            "input_dim": inputs["W1"].shape[1],
            "num_classes": len(inputs[f"b{depth}"]),
            "dropout": fraction,
            "dropout_keep_ratio": fraction,
            "normalization": normalization[at["normalization"]],
            "use_batchnorm": at["normalization"] == "batch",
        }

    @property
    def kept(self) -> bool:
        return keeps(self._kind)

    def set_state(self, made: Any, state: Mapping[str, Any]) -> None:
        # Zeros are how training starts, and then the keys are absent.
        for name, array in state.items():
            bn_param, key = _params(made, name), name.rstrip("0123456789")
            if array.any():
                bn_param[key] = array
            else:
                bn_param.pop(key, None)

    def state(self, made: Any, state: Mapping[str, Any]) -> dict[str, Any]:
        return {n: _params(made, n).get(n.rstrip("0123456789")) for n in state}


def _params(made: Any, name: str) -> dict[str, Any]:
    """The dictionary of a layer's batch norm, by the name of a statistic: `running_mean2`."""
    number = int(name.removeprefix("running_mean").removeprefix("running_var"))
    try:
        found = made.bn_params[number - 1]
    except (AttributeError, LookupError, TypeError):
        found = None
    if not isinstance(found, dict):
        raise WrongResult(f"bn_params has no dictionary for hidden layer {number}")
    return found


def keeps(kind: Any) -> bool:
    """Whether a model's dropout argument is the fraction kept: its name or its text says so."""
    texts = (inspect.getdoc(kind) or "") + (inspect.getdoc(kind.__init__) or "")
    said = " ".join(texts.split())
    return "dropout_keep_ratio" in names(kind.__init__) or "dropout=1 then" in said


def on_tensors(kind: Any) -> str:
    """The obstacle of a model that computes on torch tensors, as the course's of 2025 does."""
    there = any("torch" in space for space in _reached(kind.loss))
    return "it computes on torch tensors, and only models on arrays are judged" if there else ""


def model_told(kind: Any, _: Any) -> dict[str, Any]:
    """What a fully connected net can express: not every year has every normalization."""
    taken = names(kind.__init__)
    domain: dict[str, Any] = {}
    if "normalization" not in taken:
        domain["normalization"] = (None, "batch") if "use_batchnorm" in taken else (None,)
    dropout = any("dropout_forward" in space for space in _reached(kind.loss))
    if not dropout or not {"dropout", "dropout_keep_ratio"} & set(taken):
        domain["p"] = (0.0,)
    return {"domain": domain} if domain else {}


def _not_as_told(name: str, found: np.ndarray) -> str:
    """How initial parameters differ from the text: weights normal, biases 0, scales 1."""
    if name.startswith("gamma"):
        return "" if np.all(found == 1) else "is not 1 everywhere"
    if not name.startswith("W"):
        return "" if np.all(found == 0) else "is not 0 everywhere"
    spread = float(np.sqrt(np.mean(found.astype(np.float64) ** 2)))
    slack = max(STANDARD_ERRORS / np.sqrt(2 * max(found.size, 1)), 0.1)
    if found.size > 1 and not abs(spread / WEIGHT_SCALE - 1) <= slack:
        return f"has the standard deviation {spread:.3g} where weight_scale is {WEIGHT_SCALE}"
    return ""


def dropout_with(masks: Mapping[str, Any], kept: bool) -> dict[str, Callable[..., Any]]:
    """A pair of dropout functions that use the masks of a case, one after the other.

    They and what the functions are given are all arrays, or all tensors.
    """
    left = iter(masks.values())

    def dropout_forward(x: Any, dropout_param: Mapping[str, Any]) -> tuple[Any, Any]:
        if dropout_param["mode"] != "train":
            return x, (dropout_param, None)
        mask = next(left, None)
        if mask is None:
            raise WrongResult("dropout is called more often than there are hidden layers")
        if np.shape(x) != mask.shape:
            raise WrongResult(f"dropout is given shape {np.shape(x)}, expected {mask.shape}")
        share = dropout_param["p"] if kept else 1 - dropout_param["p"]
        return x * mask / share, (dropout_param, (mask, share))

    def dropout_backward(dout: Any, cache: tuple[Any, Any]) -> Any:
        if cache[1] is None:
            return dout
        mask, share = cache[1]
        return dout * mask / share

    return {"dropout_forward": dropout_forward, "dropout_backward": dropout_backward}


def _reached(function: Any) -> list[dict[str, Any]]:
    """The namespaces of the course's modules that a function's calls go through."""
    found: list[dict[str, Any]] = []
    waiting = [function]
    while waiting:
        space = getattr(waiting.pop(), "__globals__", None)
        if space is None or installed(space) or any(space is known for known in found):
            continue
        found.append(space)
        equip(space)
        waiting += [f for f in space.values() if inspect.isfunction(f)]
    return found


def installed(space: Mapping[str, Any]) -> bool:
    """Whether a namespace is that of a library."""
    root = str(space.get("__name__", "")).partition(".")[0]
    return root in sys.stdlib_module_names or "site-packages" in str(space.get("__file__"))
