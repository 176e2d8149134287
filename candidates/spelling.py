"""What a convention is made of: spellings of operators, and the adapters that most of them need.

Imported by the worker too, and by a user's own convention, so it needs NumPy alone.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from properties.host import Functions
from properties.plain import given, named_results, written
from properties.promise import Promise


@dataclass(frozen=True)
class Signature:
    """The names of an operator's outputs, and of the inputs that have gradients, in order."""

    outputs: tuple[str, ...]
    gradients: tuple[str, ...]


Told = Mapping[str, Any]


ANY = "*"
"""The name of what may be called anything: `when` says which of a candidate's functions it is."""


@dataclass(frozen=True)
class Spelling:
    """How one convention spells one operator.

    forward, backward: names of the functions in the candidate. A class is a function too (it makes
        objects), and a dotted name is an attribute of a class or module: `Conv.forward`. `ANY` is
        whatever `when` accepts, save what is known by a name of its own; with a dot after it, a
        method of such a class: `*.train_epoch`.
    adapter: `(forward, backward or None, signature)` to `Functions`; its docstring gives the call,
        the shapes and the defaults, for `layerproof conventions`. Where it has `again` as well
        (see `properties.host.Functions`), objects are judged in use for several batches.
    variant: the forward function is judged by another spelling, here only the backward counts.
    named: for `ANY`, whether a name may be one of these.
    when: whether the forward function found is spelled this way, where its name does not tell.
    obstacle: why a forward function of this name cannot be judged, in words; "" where it can.
    tells: what the functions found tell of their own promise, as `promised` takes it: asked in
        the worker, it travels as plain data.
    needs_torch: the functions are torch code, so that torch is in their reach.
    stand_ins: for what is made of a file's own layers, the bundled examples whose functions can
        stand in for these.
    """

    operator: str
    forward: str
    backward: str | None
    adapter: Callable[[Any, Any, Signature], Functions]
    promise: Promise = field(default_factory=Promise)
    variant: bool = False
    named: Callable[[str], bool] = lambda name: True
    when: Callable[[Any], bool] = lambda forward: True
    obstacle: Callable[[Any], str] = lambda forward: ""
    tells: Callable[[Any, Any], Told] = lambda forward, backward: {}
    needs_torch: bool = False
    stand_ins: str = ""

    def called(self, name: str) -> Spelling:
        """The spelling of a name, or of a class's method, where this one is for any."""
        if not self.forward.startswith(ANY):
            return self
        method = self.forward.removeprefix(ANY)
        return replace(self, forward=name.removesuffix(method) + method)

    def found(self, namespace: Any) -> list[str]:
        """The functions of this spelling in a candidate; empty where it cannot be judged."""
        there = [n for n in self.names if lookup(namespace, n) is not None]
        if self.forward not in there or (self.variant and self.backward not in there):
            return []
        forward = lookup(namespace, self.forward)
        if not _answer(self.when, forward) or _answer(self.obstacle, forward):
            return []
        return [n for n in there if n not in self.told(namespace).get("unclear", {})]

    def passed_over(self, namespace: Any) -> dict[str, str]:
        """The functions that are there and cannot be judged, and why."""
        forward = lookup(namespace, self.forward)
        if forward is None or not _answer(self.when, forward):
            return {}
        reason = _answer(self.obstacle, forward)
        return {self.forward: reason} if reason else dict(self.told(namespace).get("unclear", {}))

    def told(self, namespace: Any) -> Told:
        backward = lookup(namespace, self.backward) if self.backward else None
        told: Told = _answer(self.tells, lookup(namespace, self.forward), backward)
        return told

    def promised(self, told: Told) -> Promise:
        """The promise of functions that tell so of themselves: narrower, never wider.

        told: `domain`, attributes with the values that can be expressed; `square`, pairs given as
            one number; `gradients` and `outputs`, those there are; `differs`, for the verdict;
            `unclear`, functions that are not judged, and why.

        Raises ValueError: anything else, or an attribute of which no value is left.
        """
        unknown = set(told) - {"domain", "square", "gradients", "outputs", "differs", "unclear"}
        if unknown:
            raise ValueError(f"functions cannot tell {', '.join(unknown)}")
        domain = dict(self.promise.domain)
        for name, values in told.get("domain", {}).items():
            before = domain.get(name)
            domain[name] = tuple(v for v in _frozen(values) if before is None or v in before)
            if not domain[name]:
                raise ValueError(f"{name} cannot be one of {values}")
        beyond = tuple(n for n in self.promise.beyond if n not in told.get("domain", {}))
        changes: dict[str, Any] = {"domain": domain, "beyond": beyond}
        changes["square"] = (*self.promise.square, *told.get("square", ()))
        for name in ("gradients", "outputs"):
            if name in told:
                changes[name] = tuple(told[name])
        words = [words for words in (self.promise.differs, str(told.get("differs", ""))) if words]
        return replace(self.promise, differs=", ".join(words), **changes)

    @property
    def reusable(self) -> bool:
        """Whether its functions are methods of objects, which are used batch after batch."""
        return hasattr(self.adapter, "again")

    @property
    def names(self) -> list[str]:
        return [name for name in (self.forward, self.backward) if name]

    def bind(self, namespace: Any, signature: Signature) -> Functions:
        backward = lookup(namespace, self.backward) if self.backward else None
        return self.adapter(lookup(namespace, self.forward), backward, signature)


def _frozen(value: Any) -> Any:
    """Lists, as JSON has them, as tuples."""
    return tuple(map(_frozen, value)) if isinstance(value, (list, tuple)) else value


def lookup(namespace: Any, name: str) -> Callable[..., Any] | None:
    """The function or class of a (dotted) name in a candidate, or None where there is none.

    What stands before a dot is a class or, in a package, a module.
    """
    found = namespace
    for part in name.split("."):
        if found is not namespace and not (inspect.isclass(found) or inspect.ismodule(found)):
            return None
        found = getattr(found, part, None)
    return found if callable(found) else None


def forms(spellings: Sequence[Spelling], namespace: Any) -> list[tuple[int, Spelling]]:
    """Spellings with their places; one for any name is one for each that no other finds there."""
    named = [(i, s) for i, s in enumerate(spellings) if ANY not in s.forward]
    free = [(i, s) for i, s in enumerate(spellings) if ANY in s.forward]
    if not free:
        return named
    known = {name for _, spelling in named for name in spelling.found(namespace)}
    names = [n for n in vars(namespace) if n not in known and lookup(namespace, n) is not None]
    called = [(i, s.called(name)) for i, s in free for name in names if s.named(name)]
    there = ((i, s, lookup(namespace, s.forward)) for i, s in called)
    return named + [(i, s) for i, s, f in there if f is not None and _answer(s.when, f)]


def _answer(question: Callable[..., Any], *functions: Any) -> Any:
    """What a question says of what was found; asked once of functions, which it may call."""
    plain = all(inspect.isfunction(function) or function is None for function in functions)
    return _answer_of_functions(question, *functions) if plain else question(*functions)


@functools.cache
def _answer_of_functions(question: Callable[..., Any], *functions: Any) -> Any:
    return question(*functions)


@dataclass(frozen=True)
class Convention:
    """A named set of spellings. `spellings(operators)` are those of the operators named.

    needs_torch: candidates are torch code, so that torch is in their reach.
    text: what the convention promises, for `layerproof conventions`.
    generic: its names are anybody's: any other convention that finds as many goes before it.
    """

    name: str
    summary: str
    spellings: Callable[[Sequence[str]], Sequence[Spelling]]
    needs_torch: bool = False
    text: str = ""
    generic: bool = False


def among(spellings: Sequence[Spelling]) -> Callable[[Sequence[str]], list[Spelling]]:
    """A list of spellings as `Convention` takes it."""
    return lambda operators: [s for s in spellings if s.operator in operators]


class Pair:
    """`(*outputs, cache) = forward(...)` and `gradients = backward(*cotangents, cache)`, in order.

    outputs, gradients: names of the operator's outputs and inputs that they are.
    transposed: inputs that the candidate takes transposed (see `properties.host.Functions`).
    """

    outputs: tuple[str, ...] = ("out",)
    gradients: tuple[str, ...] = ("x",)
    transposed: tuple[str, ...] = ()

    def __init__(self, forward: Callable[..., Any], backward: Callable[..., Any] | None) -> None:
        self._forward = forward
        self._backward = backward

    def arguments(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        """The forward function's positional arguments."""
        return tuple(inputs.values())

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        results = given(self._forward(*self.arguments(at, inputs)))
        return named_results(self.outputs, results, cache=True)

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        upstream = (cotangents[name] for name in self.outputs)
        results = given(written(self._backward)(*upstream, cache))
        return named_results(self.gradients, results, cache=False)[0]


def pair(kind: type[Pair]) -> Callable[[Any, Any, Signature], Functions]:
    """The adapter that a `Spelling` takes, of a kind of pair."""

    def adapter(forward: Any, backward: Any, signature: Signature) -> Functions:
        return kind(forward, backward)

    adapter.__doc__ = inspect.getdoc(kind)
    return adapter
