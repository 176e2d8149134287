"""Layers that are classes: constructed, given their parameters, called, their gradients read off.

A forward call makes an object of its own, so that no call sees another's state; what an object
carries over from batch to batch in training is judged by itself, by `Layer.again`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from candidates.spelling import Signature
from properties.plain import WrongResult, given


@dataclass(frozen=True)
class Turn:
    """How a course shapes an array of an operator: a view `there`, and its gradient `back`.

    flat: an array without the axes of length 1 is taken as well.
    """

    there: Callable[[Any], Any]
    back: Callable[[Any], Any]
    flat: bool = False


def flattened(array: Any) -> Any:
    """A view without the axes of length 1 that a course has added."""
    return array.reshape(-1)


SAME = Turn(lambda a: a, lambda a: a)
COLUMN = Turn(lambda a: a[:, None], flattened)
ROW = Turn(lambda a: a[None], flattened, flat=True)
CHANNELS = Turn(lambda a: a[None, :, None, None], flattened)
TRANSPOSED = Turn(lambda a: a.T, lambda a: a.T)


@dataclass(frozen=True)
class Held:
    """Where an object holds a parameter, and where backward leaves its gradient."""

    parameter: str
    gradient: str = ""
    turn: Turn = SAME


@dataclass
class Used:
    """An object after a forward call: what the call was given, and what it returned."""

    made: Any
    attributes: Mapping[str, Any]
    inputs: Mapping[str, Any]
    result: Any = None


class Layer:
    """A class of a course as `Functions`.

    outputs: the operator's outputs that `result` names. held: parameters and state by the name of
    the operator's input. left: gradients of other inputs that backward leaves, by attribute;
    returned: gradients that it returns. zeroed: the course zeroes the gradients before backward.
    unwritten: names that a handed-out text uses before the student has defined them.
    """

    outputs: tuple[str, ...] = ("out",)
    held: Mapping[str, Held] = {}
    left: Mapping[str, str] = {}
    returned: tuple[str, ...] = ()
    transposed: tuple[str, ...] = ()
    zeroed = False
    unwritten: tuple[str, ...] = ()

    def __init__(self, forward: Any, backward: Any, signature: Signature) -> None:
        self._kind, self._backward = forward, backward

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        with kept_random_state(), unwritten_is_missing(self.unwritten):
            made = self.construct(self._kind, at, inputs)
        return self._call(made, at, inputs)

    def again(
        self, at: Mapping[str, Any], inputs: Mapping[str, Any], cache: Any
    ) -> tuple[Any, Any]:
        """Forward on the object that a cache holds, its parameters set as a step sets them."""
        return self._call(cache.made, at, inputs)

    def _call(self, made: Any, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        used = Used(made, at, inputs)
        for name, held in self.held.items():
            if name in inputs:
                setattr(self.holder(made), held.parameter, held.turn.there(inputs[name]))
        with unwritten_is_missing(self.unwritten):
            used.result = _written(self.call(made, at, inputs))
        return self.results(used), used

    def construct(self, kind: Any, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> Any:
        """A new object, before its parameters are set."""
        return kind()

    def holder(self, made: Any) -> Any:
        """The object that has the parameters, where it is not `made` itself."""
        return made

    def call(self, made: Any, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> Any:
        """What its forward returns."""
        return made.forward(inputs["x"])

    def results(self, used: Used) -> dict[str, Any]:
        """The operator's outputs by name."""
        return {self.outputs[0]: used.result}

    def backward(self, cotangents: Mapping[str, Any], cache: Used) -> dict[str, Any]:
        if self._backward is None:
            raise NotImplementedError("there is no backward method")
        holder = self.holder(cache.made)
        if self.zeroed:
            self._zero(holder)
        with unwritten_is_missing(self.unwritten):
            returned = self.call_backward(cache.made, cotangents, cache)
        gradients = self._returned(returned)
        gradients |= {name: getattr(holder, left, None) for name, left in self.left.items()}
        for name, held in self.held.items():
            if held.gradient and name in cache.inputs:
                found = getattr(holder, held.gradient, None)
                gradients[name] = turned_back(held.gradient, held.turn, found, cache.inputs[name])
        if all(gradient is None for gradient in gradients.values()):
            raise NotImplementedError("backward gave no gradient")
        return gradients

    def call_backward(self, made: Any, cotangents: Mapping[str, Any], cache: Used) -> Any:
        """What its backward returns."""
        return made.backward(cotangents[self.outputs[0]])

    def _returned(self, results: Any) -> dict[str, Any]:
        """The gradients that backward returned, by name."""
        if not self.returned:
            return {}
        results = _written(results)
        if len(self.returned) == 1:
            return {self.returned[0]: results}
        if not isinstance(results, (tuple, list)) or len(results) != len(self.returned):
            wanted = ", ".join(f"d{name}" for name in self.returned)
            raise WrongResult(f"backward returned no ({wanted}), but {type(results).__name__}")
        return dict(zip(self.returned, results, strict=True))

    def _zero(self, holder: Any) -> None:
        for held in self.held.values():
            found = getattr(holder, held.gradient, None) if held.gradient else None
            if isinstance(found, np.ndarray):
                setattr(holder, held.gradient, np.zeros_like(found))


def turned_back(name: str, turn: Turn, gradient: Any, ours: np.ndarray) -> Any:
    """A gradient in the operator's shape. Raises WrongResult where it has not the course's."""
    if not isinstance(gradient, np.ndarray) or turn is SAME:
        return gradient
    expected = turn.there(ours).shape
    if gradient.shape == expected:
        return turn.back(gradient)
    if turn.flat and gradient.shape == ours.shape:
        return gradient
    raise WrongResult(f"{name} has shape {gradient.shape}, expected {expected}")


def _written(result: Any) -> Any:
    """The result, unless the method is not written yet: it returned None or NotImplemented."""
    if result is NotImplemented or result is NotImplementedError:
        raise NotImplementedError("returned that it is not implemented")
    return given(result)


UNWRITTEN = (
    "exceptions must derive from BaseException",
    "Use () not None as shape arguments",
    "unsupported operand type(s) for /: 'NoneType' and 'NoneType'",
)
"""What `raise NotImplemented`, `np.zeros(None)` and `None / None` of handed-out texts raise."""


@contextmanager
def unwritten_is_missing(names: Collection[str]) -> Iterator[None]:
    """What a text raises as it was handed out, some `names` not yet defined, is missing."""
    try:
        yield
    except (NameError, AttributeError) as error:
        if error.name not in names:
            raise
        raise NotImplementedError(f"{error.name} is not defined yet") from None
    except TypeError as error:
        if str(error) not in UNWRITTEN:
            raise
        raise NotImplementedError(f"not written yet: {error}") from None


@contextmanager
def exchanged_in(
    spaces: Iterable[dict[str, Any]], replacements: Mapping[str, Any]
) -> Iterator[None]:
    """Names of modules, where they have them, stand for others for a while."""
    before = [
        (space, name, space[name]) for space in spaces for name in replacements if name in space
    ]
    for space, name, _ in before:
        space[name] = replacements[name]
    try:
        yield
    finally:
        for space, name, found in before:
            space[name] = found


def right_layers(at: Mapping[str, Any]) -> dict[str, Any]:
    """The layers that a case brings with it, to find out which of a model's own is to blame.

    `layers` is the text of a module of the course and the names to take from it.
    """
    if "layers" not in at:
        return {}
    space = _executed(at["layers"]["text"])
    return {name: space[name] for name in at["layers"]["names"]}


@functools.cache
def _executed(text: str) -> dict[str, Any]:
    space: dict[str, Any] = {"__name__": "right_layers"}
    exec(compile(text, "<right layers>", "exec"), space)
    return space


@contextmanager
def kept_random_state() -> Iterator[None]:
    """NumPy's random state as it was: initial weights are drawn, and constructors even seed."""
    state = np.random.get_state()
    try:
        yield
    finally:
        np.random.set_state(state)


def names(function: Any) -> tuple[str, ...]:
    """The parameters' names of a constructor or method, without self; none of what is no code."""
    if not inspect.isfunction(function):
        return ()
    return tuple(inspect.signature(function).parameters)[1:]


def required(function: Any) -> int:
    """How many arguments a method cannot be called without."""
    if not inspect.isfunction(function):
        return 0
    parameters = list(inspect.signature(function).parameters.values())[1:]
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(p.default is p.empty and p.kind in positional for p in parameters)


def mentions(kind: Any, name: str) -> bool:
    """Whether a method of a class uses an attribute of this name."""
    methods = (m for c in inspect.getmro(kind) for m in vars(c).values() if inspect.isfunction(m))
    return any(name in method.__code__.co_names for method in methods)


def built_with(*parameters: str) -> Callable[[Any], bool]:
    """Recognises classes with a forward and a backward (or, as courses had it, a derivative).

    Their constructors' parameters begin with these, and ask for no more.
    """

    def recognises(kind: Any) -> bool:
        if not inspect.isclass(kind) or not inspect.isfunction(getattr(kind, "forward", None)):
            return False
        first = names(kind.__init__)[: len(parameters)]
        differentiable = hasattr(kind, "backward") or hasattr(kind, "derivative")
        return differentiable and first == parameters and required(kind.__init__) <= len(parameters)

    return recognises


def built_from(*parameters: str) -> Callable[[Any], bool]:
    """Recognises models: classes with a loss, whose constructors' parameters begin with these."""

    def recognises(kind: Any) -> bool:
        if not inspect.isclass(kind) or not inspect.isfunction(getattr(kind, "loss", None)):
            return False
        return names(kind.__init__)[: len(parameters)] == parameters

    return recognises
