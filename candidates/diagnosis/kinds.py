"""Kinds of cases in words: what the cases on which a function fails may have in common."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from properties.case import Case
from properties.operator import Operator
from properties.promise import Promise

MOST_VALUES = 8  # of an attribute, beyond which single values are no kind

REGIMES = {
    "integers": "where all numbers are small integers",
    "constant": "where all values of an array are equal",
    "sparse": "where most values are 0",
    "kinks": "where values tie or meet a kink exactly",
    "large": "where values are large",
    "offset": "where values lie far from 0",
    "rows": "where rows are of very different size",
}
CORNERS = {
    "overlapping": "where windows overlap along the rows",
    "stride above kernel": "where the stride is larger than the window",
    "remainder": "where the stride leaves a remainder",
    "padded": "with padding",
    "dilated": "with dilation",
    "evaluation": "in evaluation mode",
    "empty": "on empty arrays",
    "ties": "where values tie",
    "ignored ids": "where ids are ignored",
    "repeated ids": "where ids repeat",
    "different lengths": "where sequences differ in length",
    "train, then evaluate": "in training followed by evaluation",
    "at the kink": "where values meet a kink exactly",
    "depthwise": "where every channel is a group of its own",
}
AXES = ("rows", "columns")


@dataclass(frozen=True)
class Kind:
    """A kind of case: words that complete "fails only ...", and whether a case is of it."""

    words: str
    holds: Callable[[Case], bool]


def kinds(of: Operator, promise: Promise, judged: str, cases: Sequence[Case]) -> list[Kind]:
    """All that may be said of these cases, simplest first."""
    found = [
        *(k for name in _names(cases) for k in _of_attribute(name, cases)),
        *_of_windows(cases),
        *_of_later_steps(cases),
        *(_layout(promise, layout) for layout in promise.layouts if judged == "layouts"),
        *_of_corners(of),
        *(Kind(words, _in_regime(regime)) for regime, words in REGIMES.items()),
        *_of_values(of, cases),
        *_of_two_attributes(cases),
        *(Kind(_outside(kind.words), _not(kind.holds)) for kind in _of_corners(of)),
    ]
    return [kind for kind in found if kind.words]


def _names(cases: Sequence[Case]) -> list[str]:
    return list(dict.fromkeys(name for case in cases for name in case.at(0)))


def _value(case: Case, name: str) -> Any:
    """An attribute at the first step; a named padding as the numbers that it stands for."""
    value = case.at(0).get(name)
    if value == "valid":
        return (0, 0)
    if value == "same" and (reach := _reach(case)):
        return tuple(extent - 1 for extent, _ in reach)
    return value


def _of_attribute(name: str, cases: Sequence[Case]) -> Iterator[Kind]:
    """Kinds by the value of one attribute, as it stands at the first step."""
    values = list(dict.fromkeys(_value(case, name) for case in cases))
    if len(values) < 2:
        return

    def kind(words: str, holds: Callable[[Any], Any]) -> Kind:
        return Kind(words, lambda case: bool(holds(_value(case, name))))

    if set(values) <= {True, False} and all(isinstance(v, bool) for v in values):
        yes, no = f"where {name} is True", f"where {name} is False"
        if name == "training":
            yes, no = "in training mode", "in evaluation mode"
        yield kind(no, lambda v: not v)
        yield kind(yes, lambda v: v)
        return
    if any(value is None for value in values):
        yield kind(f"where {name} is None", lambda v: v is None)
        yield kind(f"where {name} is given", lambda v: v is not None)
    ranks = {len(value) for value in values if isinstance(value, tuple)}
    if any(map(_is_pair, values)) and ranks <= {0, 2}:
        yield from _of_pair(name, kind)
    if ranks and ranks != {2}:
        yield from _of_shape(name, values, kind)
    if any(map(_is_number, values)):
        yield from _of_number(name, values, kind)
    single = [v for v in values if isinstance(v, (str, float))]
    if len(single) <= MOST_VALUES:
        for value in single:
            yield kind(f"where {name} is {value!r}", _is(value))
            yield kind(f"where {name} is not {value!r}", _is_not(value))


def _of_number(name: str, values: Sequence[Any], kind: Any) -> Iterator[Kind]:
    yield kind(f"where {name} > 1", lambda v: _is_number(v) and v > 1)
    yield kind(f"where {name} is 1", lambda v: _is_number(v) and v == 1)
    yield kind(f"where {name} is 0", lambda v: _is_number(v) and v == 0)
    yield kind(f"where {name} is not 0", lambda v: _is_number(v) and v != 0)
    yield kind(f"where {name} is not 1", lambda v: _is_number(v) and v != 1)
    yield kind(f"where {name} < 0", lambda v: _is_number(v) and v < 0)
    if all(isinstance(v, int) for v in values if v is not None):
        yield kind(f"where {name} > 2", lambda v: _is_number(v) and v > 2)
        yield kind(f"where {name} is odd", lambda v: _is_number(v) and v % 2 == 1)
        yield kind(f"where {name} is even", lambda v: _is_number(v) and v % 2 == 0)


def _of_pair(name: str, kind: Any) -> Iterator[Kind]:
    """Kinds by a pair, for rows and for columns."""
    if name == "size":
        yield kind("where height and width differ", lambda v: _is_pair(v) and v[0] != v[1])
        yield kind("where the map is higher than wide", lambda v: _is_pair(v) and v[0] > v[1])
        yield kind("where the map is wider than high", lambda v: _is_pair(v) and v[0] < v[1])
    else:
        words = f"where {name} differs between rows and columns"
        yield kind(words, lambda v: _is_pair(v) and v[0] != v[1])
        yield kind(f"where {name} is 0", lambda v: _is_pair(v) and max(v) == 0)
        yield kind(f"where {name} > 0", lambda v: _is_pair(v) and max(v) > 0)
    yield kind(f"where {name} > 1", lambda v: _is_pair(v) and max(v) > 1)
    yield kind(f"where {name} is 1", lambda v: _is_pair(v) and max(v) == min(v) == 1)
    for axis, words in enumerate(AXES):
        yield kind(f"where {name} > 1 along {words}", _along(axis, lambda v: v > 1))
        yield kind(f"where {name} is 1 along {words}", _along(axis, lambda v: v == 1))
        yield kind(f"where {name} is 0 along {words}", _along(axis, lambda v: v == 0))
        yield kind(f"where {name} > 0 along {words}", _along(axis, lambda v: v > 0))
    yield kind(f"where {name} is 0 on one axis", lambda v: _is_pair(v) and min(v) == 0)
    yield kind(f"where {name} > 1 on both axes", lambda v: _is_pair(v) and min(v) > 1)
    yield kind(f"where {name} is even on one axis", lambda v: _is_pair(v) and v[0] * v[1] % 2 == 0)


def _of_shape(name: str, values: Sequence[Any], kind: Any) -> Iterator[Kind]:
    ranks = sorted({len(value) for value in values if isinstance(value, tuple)})
    for rank in ranks if len(ranks) > 1 else ():
        axes = "1 axis" if rank == 1 else f"{rank} axes"
        yield kind(f"where {name} has {axes}", _has_rank(rank, operator.eq))
        yield kind(f"where {name} has more than {axes}", _has_rank(rank, operator.gt))
        yield kind(f"where {name} has fewer than {axes}", _has_rank(rank, operator.lt))
    yield kind(f"where {name} holds a 0", lambda v: isinstance(v, tuple) and 0 in v)
    yield kind(f"where {name} holds a 1", lambda v: isinstance(v, tuple) and 1 in v)


def _has_rank(rank: int, compare: Callable[[int, int], bool]) -> Callable[[Any], bool]:
    return lambda v: isinstance(v, tuple) and compare(len(v), rank)


def _of_windows(cases: Sequence[Case]) -> Iterator[Kind]:
    if any(_reach(case) for case in cases):
        yield Kind("where windows overlap", _overlap(0, 1))
        for axis, words in enumerate(AXES):
            yield Kind(f"where windows overlap along {words}", _overlap(axis))
        yield Kind("where the stride skips pixels", _skips)


def _reach(case: Case) -> list[tuple[int, int]]:
    """(extent of a window, stride) of each axis; empty where there are no windows."""
    at = case.at(0)
    kernel: Any = next((at[n] for n in ("kernel_size", "kernel", "window") if n in at), None)
    stride: Any = at.get("stride") or kernel
    dilation: Any = at.get("dilation", (1, 1))
    if not (_is_pair(kernel) and _is_pair(stride) and _is_pair(dilation)):
        return []
    return [(d * (k - 1) + 1, s) for k, s, d in zip(kernel, stride, dilation, strict=True)]


def _overlap(*axes: int) -> Callable[[Case], bool]:
    def overlap(case: Case) -> bool:
        reach = _reach(case)
        return bool(reach) and any(reach[axis][1] < reach[axis][0] for axis in axes)

    return overlap


def _skips(case: Case) -> bool:
    return any(stride > extent for extent, stride in _reach(case))


def _of_later_steps(cases: Sequence[Case]) -> Iterator[Kind]:
    """Kinds by what changes between calls."""
    names = dict.fromkeys(name for case in cases for step in case.steps for name in step)
    if any(len(case.steps) > 1 for case in cases):
        yield Kind("where several calls follow each other", lambda case: len(case.steps) > 1)
        yield Kind("where there are three calls", lambda case: len(case.steps) > 2)
    for name in names:
        for value in (True, False):
            mode = {True: "training", False: "evaluation"}[value]
            words = f"in {mode} mode" if name == "training" else f"with {name}={value}"
            yield Kind(f"where a later call is {words}", _later(name, value, any))
            yield Kind(f"where every later call is {words}", _later(name, value, all))
            yield Kind(f"where a call is {words}", _in_some_call(name, value))


def _later(name: str, value: Any, how: Callable[[Any], bool]) -> Callable[[Case], bool]:
    return lambda case: len(case.steps) > 1 and how(s.get(name) is value for s in case.steps[1:])


def _in_some_call(name: str, value: Any) -> Callable[[Case], bool]:
    return lambda case: any(step.get(name) is value for step in case.steps)


def _layout(promise: Promise, layout: str) -> Kind:
    words = f"with {layout} arrays"
    return Kind(words, lambda c: promise.layout(c.seed) == layout)


def _of_corners(of: Operator) -> list[Kind]:
    return [
        Kind(CORNERS.get(name, f'in cases of "{name}"'), _asked(holds))
        for name, holds in of.corners.items()
    ]


def _asked(holds: Callable[[Case], bool]) -> Callable[[Case], bool]:
    def asked(case: Case) -> bool:
        try:
            return bool(holds(case))
        except (TypeError, KeyError, IndexError):  # not a question for this case
            return False

    return asked


def _outside(words: str) -> str:
    """What is not of a corner's kind, for the corners without words of their own."""
    return f"outside {words[3:]}" if words.startswith("in cases of") else ""


def _of_values(of_operator: Operator, cases: Sequence[Case]) -> Iterator[Kind]:
    """Kinds by the numbers of the arrays handed in at the first step."""
    arrays = {case.key: of_operator.arrays(case) for case in cases}
    names = dict.fromkeys(name for group in arrays.values() for name in group)

    def kind(words: str, name: str, holds: Callable[[np.ndarray], Any]) -> Kind:
        def of(case: Case) -> bool:
            if case.key not in arrays:
                arrays[case.key] = of_operator.arrays(case)
            array = arrays[case.key].get(name)
            return array is not None and array.size > 0 and bool(holds(array))

        return Kind(words, of)

    for name in names:
        yield kind(f"where {name} has equal values", name, lambda a: np.unique(a).size < a.size)
        yield kind(f"where {name} holds a 0", name, lambda a: (a == 0).any())
        yield kind(f"where {name} has negative values alone", name, lambda a: (a < 0).all())
        yield kind(f"where {name} has positive values alone", name, lambda a: (a > 0).all())
        yield kind(f"where {name} has a negative value", name, lambda a: (a < 0).any())
        yield kind(f"where {name} has values above 50", name, lambda a: (np.abs(a) > 50).any())


def _of_two_attributes(cases: Sequence[Case]) -> Iterator[Kind]:
    """Kinds by two whole numbers: sizes that differ, and which is larger."""
    names = [
        name
        for name in _names(cases)
        if all(isinstance(case.at(0).get(name), int) for case in cases)
        and not any(isinstance(case.at(0)[name], bool) for case in cases)
    ]

    def kind(words: str, a: str, b: str, holds: Callable[[Any, Any], bool]) -> Kind:
        def of(case: Case) -> bool:
            v, w = case.at(0).get(a), case.at(0).get(b)
            return isinstance(v, int) and isinstance(w, int) and bool(holds(v, w))

        return Kind(words, of)

    for a, b in itertools.combinations(names, 2):
        yield kind(f"where {a} and {b} differ", a, b, lambda v, w: v != w)
        yield kind(f"where {a} > {b}", a, b, lambda v, w: v > w)
        yield kind(f"where {a} < {b}", a, b, lambda v, w: v < w)
        yield kind(f"where {a} and {b} are equal", a, b, lambda v, w: v == w)


def _is_pair(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(map(_is_number, value))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is(value: Any) -> Callable[[Any], bool]:
    return lambda v: v == value


def _is_not(value: Any) -> Callable[[Any], bool]:
    return lambda v: v != value


def _not(holds: Callable[[Case], bool]) -> Callable[[Case], bool]:
    return lambda case: not holds(case)


def _in_regime(regime: str) -> Callable[[Case], bool]:
    return lambda case: case.regime == regime


def _along(axis: int, holds: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda v: _is_pair(v) and holds(v[axis])
