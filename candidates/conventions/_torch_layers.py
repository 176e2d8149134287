"""Candidates in place of torch's own functions and modules, called and followed by autograd."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from candidates.conventions._probing import alarm
from candidates.conventions._signatures import Call, Parameter
from candidates.conventions._tensors import Graph, Handed, load_torch, run, run_with_gradients
from candidates.conventions._torch_modules import KnownModule, Weight
from properties.plain import WrongResult

Arrays = Mapping[str, np.ndarray]


class Layer:
    """A candidate's function behind the names of an operator.

    results: the outputs that it returns. gradients: the inputs that have one. numbers: the tuples
    that it takes as one number.
    """

    def __init__(
        self, results: Sequence[str], gradients: Sequence[str], numbers: Sequence[Parameter] = ()
    ) -> None:
        self._results, self._gradients, self._numbers = results, gradients, numbers

    def call(self, at: Mapping[str, Any], tensors: Mapping[str, Any]) -> Any:
        """What the candidate returns; it may put new tensors in `tensors`."""
        raise NotImplementedError

    def forward(self, at: Mapping[str, Any], inputs: Arrays) -> tuple[Any, Any]:
        handed = Handed()
        tensors = {name: handed(array) for name, array in inputs.items()}
        graph = Graph({n: tensors[n] for n in self._gradients if n in tensors})
        given = dict(tensors)
        outputs = graph.outputs(self._results, self.call(at, given))
        for name in ("running_mean", "running_var"):
            if name in tensors:
                outputs[name] = inputs[name]
                if given[name] is not tensors[name]:
                    outputs |= Graph({}).outputs((name,), given[name])
        handed.take_back()
        return outputs, graph

    def tried(self, at: Mapping[str, Any], inputs: Arrays) -> None:
        """Call the candidate, whatever comes of it."""
        self.forward(at, inputs)

    def backward(self, cotangents: Arrays, cache: Any) -> dict[str, Any]:
        gradients: dict[str, Any] = cache.gradients(cotangents)
        return gradients


class FunctionLayer(Layer):
    """A function in the place of one of `torch.nn.functional` or `torchvision.ops`."""

    def __init__(self, function: Callable[..., Any], call: Call, *names: Any) -> None:
        super().__init__(*names)
        self._function, self._call = function, call

    def call(self, at: Mapping[str, Any], tensors: Mapping[str, Any]) -> Any:
        positional, named = self._call.arguments(at, tensors, self._numbers)
        return run_with_gradients(self._function, *positional, **named)


class ModuleLayer(Layer):
    """A module in the place of one of `torch.nn`, made anew for each call."""

    def __init__(
        self, module: Any, known: KnownModule, constructor: Call, forward: Call, *names: Any
    ) -> None:
        super().__init__(*names)
        self._module, self._known = module, known
        self._constructor, self._forward = constructor, forward
        keywords = constructor.keywords
        passed = [*constructor.positional, *keywords.values()]
        self._batch_first = any(p.names == ("batch_first",) for p in passed)

    def made(self, at: Mapping[str, Any], tensors: Mapping[str, Any]) -> Any:
        """A module for a case, with the weights that it draws itself."""
        torch = load_torch()
        positional, named = self._constructor.arguments(at, tensors, self._numbers)
        state = torch.get_rng_state()
        try:
            module = run(self._module, *positional, **named)
        finally:
            torch.set_rng_state(state)  # what a constructor draws is nobody's concern
        floating = [t for t in tensors.values() if t.is_floating_point()]
        module.to(floating[0] if floating else torch.get_default_dtype())
        return module.train(at.get("training", True))

    def tried(self, at: Mapping[str, Any], inputs: Arrays) -> None:
        """Call a module with the weights that it draws itself."""
        handed = Handed()
        tensors = {name: handed(array) for name, array in inputs.items()}
        module = self.made(at, tensors)
        positional, named = self._forward.arguments(at, tensors, self._numbers)
        module(*positional, **named)

    def weights_of(self, case: tuple[Mapping[str, Any], Arrays]) -> list[str] | None:
        """The names of the weights of a module made for a small case, or None without one."""
        at, inputs = case
        handed = Handed()
        with tried_for_a_while():
            module = self.made(at, {name: handed(array) for name, array in inputs.items()})
            names = [n for n, _ in (*module.named_parameters(), *module.named_buffers())]
            return [name.rpartition(".")[2].lower().strip("_") for name in names]
        return None

    def call(self, at: Mapping[str, Any], tensors: Mapping[str, Any]) -> Any:
        torch, known = load_torch(), self._known
        module = self.made(at, tensors)
        weights = {w: value for w in known.weights if (value := w.value(at, tensors)) is not None}
        places = placed(module, weights)
        swapped = {places[w]: _shaped(module, places[w], w, weights[w]) for w in weights}
        positional, named = self._forward.arguments(at, tensors, self._numbers)
        if known.operator in ("rnn", "lstm", "gru") and not self._batch_first:
            positional[0] = positional[0].transpose(0, 1)
        results = run_with_gradients(
            torch.func.functional_call, module, swapped, tuple(positional), named
        )
        for weight, place in places.items():
            name = known.state.get(weight.names[0])
            if name is not None and isinstance(tensors, dict):
                tensors[name] = _state(tensors[name], swapped[place])
        try:
            return known.read(at, results, self._batch_first)
        except (TypeError, ValueError, IndexError, AttributeError):
            raise WrongResult(f"returned {type(results).__name__}, not what torch's does") from None


def _state(given: Any, now: Any) -> Any:
    """A buffer after the call: the tensor given, unless the module has put another in its place."""
    return given if now.data_ptr() == given.data_ptr() else now.detach().reshape(given.shape)


def placed(module: Any, weights: Mapping[Weight, Any]) -> dict[Weight, str]:
    """The parameter or buffer that each weight goes to.

    Raises NotImplementedError, naming what there is, where a weight has no place.
    """
    there = dict(module.named_parameters()) | dict(module.named_buffers())
    free = {name: value for name, value in there.items() if value is not None}
    places: dict[Weight, str] = {}
    for weight in weights:
        for alias in weight.names:
            hits = [n for n in free if n.rpartition(".")[2].lower().strip("_") == alias]
            if len(hits) == 1:
                places[weight] = hits[0]
                del free[hits[0]]
                break
    for weight, value in weights.items():
        hits = [n for n, theirs in free.items() if theirs.shape == value.shape]
        if weight not in places and len(hits) == 1:
            places[weight] = hits[0]
            del free[hits[0]]
    for weight, value in weights.items():
        if weight not in places:
            shapes = ", ".join(f"{n} {tuple(t.shape)}" for n, t in there.items()) or "none"
            wanted = f"{weight.names[0]} {tuple(value.shape)}"
            raise NotImplementedError(f"no parameter of the module is {wanted}: it has {shapes}")
    return places


def _shaped(module: Any, name: str, weight: Weight, value: Any) -> Any:
    """A weight in the shape of its parameter, which may have axes of length 1 more."""
    owner, _, last = name.rpartition(".")
    theirs = getattr(module.get_submodule(owner), last).shape
    if [n for n in theirs if n != 1] != [n for n in value.shape if n != 1]:
        expected = tuple(value.shape)
        raise WrongResult(f"its parameter {name} has shape {tuple(theirs)}, expected {expected}")
    return value if theirs == value.shape else value.reshape(theirs)


SECONDS_TO_TRY = 2.0


def numbers_taken(
    several: Sequence[Parameter],
    layer: Callable[[Sequence[Parameter]], Layer],
    case: tuple[Mapping[str, Any], Arrays],
) -> tuple[Parameter, ...]:
    """Which tuples a candidate takes as one number: as few as a call on a small case asks for."""
    at, inputs = case
    for count in range(len(several) + 1):
        for numbers in itertools.combinations(several, count):
            with tried_for_a_while():
                layer(numbers).tried(at, {name: a.copy() for name, a in inputs.items()})
                return numbers
    return ()


@contextlib.contextmanager
def tried_for_a_while() -> Iterator[None]:
    """What a candidate raises here says only that it does not go this way, and so does silence."""
    with contextlib.suppress(Exception), alarm(SECONDS_TO_TRY):
        yield


PAIRS = {
    "kernel": (2, 2),
    "kernel_size": (2, 2),
    "stride": (1, 1),
    "padding": (1, 1),
    "dilation": (1, 1),
    "output_size": (2, 2),
    "groups": 1,
    "bias": True,
    "channels": 1,
    "filters": 1,
    "ceil_mode": False,
    "count_include_pad": True,
    "divisor_override": None,
    "masked": True,
}
IMAGE, FILTER = np.ones((1, 1, 4, 4)), np.ones((1, 1, 2, 2))
ROWS = {"features": (3,), "eps": 1e-5, "normalized_shape": None, "scaled": True, "shifted": True}
SMALL: dict[str, tuple[Mapping[str, Any], Arrays]] = {
    "conv2d": (PAIRS, {"x": IMAGE, "w": FILTER, "b": np.ones(1)}),
    "deform_conv2d": (
        PAIRS,
        {
            "x": IMAGE,
            "w": FILTER,
            "b": np.ones(1),
            "offset": np.zeros((1, 8, 5, 5)),
            "mask": np.ones((1, 4, 5, 5)),
        },
    ),
    **dict.fromkeys(
        ("max_pool2d", "avg_pool2d", "adaptive_avg_pool2d", "sliding_windows"),
        (PAIRS, {"x": IMAGE}),
    ),
    "layer_norm": (ROWS, {"x": np.ones((2, 3)), "gamma": np.ones(3), "beta": np.ones(3)}),
    "linear": (
        {"features": (3,), "out_features": 2, "bias": True},
        {"x": np.ones((2, 3)), "w": np.ones((2, 3)), "b": np.ones(2)},
    ),
    "batch_norm": (
        {"channels": 3, "eps": 1e-5, "momentum": 0.1, "affine": True, "training": True},
        {"x": np.ones((2, 3)), "gamma": np.ones(3), "beta": np.ones(3)},
    ),
    "group_norm": (
        {"groups": 1, "group_channels": 3, "eps": 1e-5},
        {"x": np.ones((2, 3)), "gamma": np.ones(3), "beta": np.ones(3)},
    ),
}
"""A small case of operators that have tuples or switches, on which a candidate shows its own."""
