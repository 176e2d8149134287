"""Which of a candidate's parameters stand for which of a known function's, by name and place."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Values = tuple[Any, ...]
PLACED = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


@dataclass(frozen=True, eq=False)
class Parameter:
    """A parameter of the known function.

    names: its name there, then others in use, in lower case.
    value: what is passed, of the attributes and the tensors by name.
    without: the attribute values of a function that does not take it; None where it must.
    needed: the attribute values of a function that takes it without a default.
    preset: the attribute values of a function whose default for it is not None.
    other: the attribute values of a function whose default for it is not `default`.
    several: whether it is a tuple, which a function may take as one number instead.
    one: the attribute values of a function that takes one number.
    square: the attribute that is a square pair then.
    """

    names: tuple[str, ...]
    value: Callable[[Mapping[str, Any], Mapping[str, Any]], Any]
    without: Mapping[str, Values] | None = None
    needed: Mapping[str, Values] = field(default_factory=dict)
    preset: Mapping[str, Values] = field(default_factory=dict)
    other: Mapping[str, Values] = field(default_factory=dict)
    default: Any = None
    several: bool = False
    one: Mapping[str, Values] = field(default_factory=dict)
    square: str = ""


@dataclass(frozen=True)
class Call:
    """How a candidate is called: positional parameters in order, then those by keyword.

    domain: the attribute values that it can be asked for. numbers: the parameters that it takes as
    one number by its own annotation.
    """

    positional: tuple[Parameter, ...]
    keywords: Mapping[str, Parameter]
    domain: Mapping[str, Values]
    numbers: tuple[Parameter, ...] = ()

    @property
    def several(self) -> list[Parameter]:
        """The parameters that are tuples, or one number in some candidates."""
        return [p for p in (*self.positional, *self.keywords.values()) if p.several]

    def arguments(
        self,
        at: Mapping[str, Any],
        tensors: Mapping[str, Any],
        numbers: Sequence[Parameter] = (),
    ) -> tuple[list[Any], dict[str, Any]]:
        """What to pass; `numbers` are the tuples that are given as one number."""

        def value(parameter: Parameter) -> Any:
            given = parameter.value(at, tensors)
            return given[0] if parameter in numbers and isinstance(given, tuple) else given

        positional = [value(parameter) for parameter in self.positional]
        return positional, {name: value(p) for name, p in self.keywords.items()}


def matched(function: Any, known: Sequence[Parameter], first: int = 0) -> Call | None:
    """How to call a candidate's function, or None where its parameters are others.

    A parameter is recognised by its name. What the known function cannot do without, the input of
    a layer say, may have any name, if it stands in its place. `first` parameters of the candidate's
    are left out: ctx, say. Parameters of the known function that the candidate does not take narrow
    what it promises.
    """
    try:
        theirs = list(inspect.signature(function).parameters.values())[first:]
    except (TypeError, ValueError):
        return None
    if known and [p.kind for p in theirs] == [inspect.Parameter.VAR_POSITIONAL]:
        return Call(tuple(known), {}, {})
    taken = _by_name(theirs, known)
    for place, parameter in enumerate(theirs):
        if parameter.name in taken or not _required(parameter):
            continue
        stands_for = known[place] if place < len(known) else None
        if stands_for is None or stands_for in taken.values() or stands_for.without is not None:
            return None
        taken[parameter.name] = known[place]
    absent = [p for p in known if p not in taken.values()]
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in theirs):
        taken |= {p.names[0]: p for p in absent}
        absent = []
    if any(p.without is None for p in absent):
        return None
    return _call(theirs, taken, absent)


def _by_name(
    theirs: Sequence[inspect.Parameter], known: Sequence[Parameter]
) -> dict[str, Parameter]:
    taken: dict[str, Parameter] = {}
    for parameter in theirs:
        for candidate in known:
            name = parameter.name.lower().strip("_")
            if name in candidate.names and candidate not in taken.values():
                taken[parameter.name] = candidate
                break
    return taken


def _required(parameter: inspect.Parameter) -> bool:
    variable = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD
    return parameter.default is inspect.Parameter.empty and parameter.kind not in variable


def _call(
    theirs: Sequence[inspect.Parameter],
    taken: Mapping[str, Parameter],
    absent: Sequence[Parameter],
) -> Call:
    """Positional up to the first parameter that is left at its default, then by keyword."""
    positional: list[Parameter] = []
    keywords: dict[str, Parameter] = {}
    domain: dict[str, Values] = {}
    places = {p.name: p for p in theirs}
    for parameter in absent:
        domain |= parameter.without or {}
    for name, parameter in taken.items():
        if name in places and _required(places[name]):
            domain |= parameter.needed
        if name in places and places[name].default is not None:
            domain |= parameter.preset
        if name in places and places[name].default != parameter.default:
            domain |= parameter.other
    for own in theirs:
        if own.name in taken and own.kind in PLACED and len(positional) == theirs.index(own):
            positional.append(taken[own.name])
        elif own.name in taken:
            keywords[own.name] = taken[own.name]
    keywords |= {name: p for name, p in taken.items() if name not in places}
    numbers = tuple(
        taken[p.name]
        for p in theirs
        if p.name in taken and taken[p.name].several and p.annotation in (int, "int")
    )
    return Call(tuple(positional), keywords, domain, numbers)


def narrowing(domain: Mapping[str, Values], numbers: Sequence[Parameter]) -> dict[str, Any]:
    """What a candidate tells of its promise (see `Spelling.promised`), with the words for it.

    domain: what it can be asked for. numbers: the tuples that it takes as one number.
    """
    square = [p.square for p in numbers if p.square]
    for parameter in numbers:
        domain = {**domain, **parameter.one}
    words = [f"{name} {' or '.join(map(str, values))}" for name, values in domain.items()]
    words += [f"square {name}" for name in square]
    told: dict[str, Any] = {"domain": {n: list(v) for n, v in domain.items()}, "square": square}
    return told | ({"differs": f"only {', '.join(words)}"} if words else {})
