"""The protocol that every implementation speaks, and the one that runs in this process."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from properties.host import Arrays, Functions, Host, global_state
from properties.layouts import MARKED
from properties.plain import WrongResult


@dataclass(frozen=True)
class Foreign:
    """A result that is no plain array: what it was, for the message."""

    kind: str


Result = Any  # np.ndarray | Foreign, by name


@dataclass(frozen=True)
class Observation:
    """What the arrays of a token hold now: `arrays["inputs"]["x"]`, and the global state."""

    arrays: Mapping[str, Mapping[str, Result]]
    state: Mapping[str, str]


class Implementation(Protocol):
    """Runs cases. Every array travels by name; a token names what a forward call left behind.

    Each call may raise `CallFailed`. Where `reusable` is true, a forward call may be made `after`
    an earlier one, on the same object. An `observed` call is one that `observe` follows at once:
    an implementation far away may answer both in one go, as it may where a backward call follows
    at once, with the cotangents `then` in the same layout. `state_before` is the global state
    that the last observed `begin` left, known after the first forward call.
    """

    name: str
    reusable: bool
    state_before: Mapping[str, str]

    def begin(self, seed: int, observed: bool = False) -> None: ...

    def forward(
        self,
        attributes: Mapping[str, Any],
        inputs: Arrays,
        layout: str = "contiguous",
        after: int | None = None,
        observed: bool = False,
        then: Arrays | None = None,
    ) -> tuple[dict[str, Result], int]: ...

    def backward(
        self,
        token: int,
        cotangents: Arrays,
        layout: str = "contiguous",
        observed: bool = False,
    ) -> dict[str, Result]: ...

    def observe(self, token: int) -> Observation: ...

    def drop(self, token: int) -> None: ...


@dataclass
class CallFailed(Exception):
    """A call of an implementation gave no result. `status` is the verdict's word for it.

    frames: the implementation's own lines of the traceback. fatal: its process ended.
    call: "forward" or "backward".
    """

    status: str
    message: str
    frames: list[str] = field(default_factory=list)
    fatal: bool = False
    call: str = "forward"

    def __str__(self) -> str:
        return "\n".join([self.message, *self.frames])


@contextlib.contextmanager
def calling(call: str) -> Iterator[None]:
    """Name the call in whatever failure it raises."""
    try:
        yield
    except CallFailed as failed:
        failed.call = call
        raise


class Refused(Exception):
    """A call into what is not there, or not allowed: the status and the sentence for it."""

    def __init__(self, status: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def status_of(error: BaseException) -> tuple[str, str]:
    """The status and the sentence for an exception that an implementation raised."""
    text = str(error)
    if isinstance(error, Refused):
        return error.status, text
    if isinstance(error, NotImplementedError):
        return "missing", f"raised NotImplementedError{': ' + text if text else ''}"
    if isinstance(error, WrongResult):
        return "wrong", text
    if isinstance(error, ValueError) and "read-only" in text:
        return "side-effect", f"writes into an array that was handed to it ({text})"
    return "crash", f"raised {type(error).__name__}{': ' + text[:500] if text else ''}"


def plain_results(results: Mapping[str, Any]) -> dict[str, Result]:
    """Copies of results as plain arrays; anything else becomes `Foreign`."""
    return {name: plain_result(value) for name, value in results.items()}


def plain_result(value: Any) -> Result:
    if type(value) in MARKED.values():  # an input handed back
        return value.view(np.ndarray).copy()
    if type(value) is np.ndarray and value.dtype.kind in "biufc":
        return value.copy()
    if type(value) in (float, int) or (type(value).__module__ == "numpy" and np.isscalar(value)):
        return np.asarray(value)
    if type(value) is np.ndarray:
        return Foreign(f"an array of {value.dtype}")
    return Foreign("None" if value is None else _type_name(value))


def _type_name(value: Any) -> str:
    kind = type(value)
    name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
    subclass = ", a subclass of numpy.ndarray" if isinstance(value, np.ndarray) else ""
    return name + subclass


class Local:
    """An implementation in this process: our references and mistakes."""

    def __init__(self, name: str, functions: Functions, complex_step: bool = False) -> None:
        self.name = name
        self.complex_step = complex_step
        self.functions = functions
        self.reusable = hasattr(functions, "again")
        self.state_before: Mapping[str, str] = {}
        self._host = Host(functions)

    def begin(self, seed: int, observed: bool = False) -> None:
        self._host.begin(seed)
        if observed:
            self.state_before = global_state()

    def forward(
        self,
        attributes: Mapping[str, Any],
        inputs: Arrays,
        layout: str = "contiguous",
        after: int | None = None,
        observed: bool = False,
        then: Arrays | None = None,
    ) -> tuple[dict[str, Result], int]:
        outputs, token = self._run(self._host.forward, attributes, inputs, layout, after)
        return plain_results(outputs), token

    def backward(
        self,
        token: int,
        cotangents: Arrays,
        layout: str = "contiguous",
        observed: bool = False,
    ) -> dict[str, Result]:
        with calling("backward"):
            return plain_results(self._run(self._host.backward, token, cotangents, layout))

    def observe(self, token: int) -> Observation:
        held, state = self._host.observe(token)
        return Observation({group: plain_results(held[group]) for group in held}, state)

    def drop(self, token: int) -> None:
        self._host.drop(token)

    def _run(self, call: Any, *arguments: Any) -> Any:
        try:
            return call(*arguments)
        except Exception as error:
            status, message = status_of(error)
            frames = traceback.format_tb(error.__traceback__)[2:]
            raise CallFailed(status, message, frames) from error
