"""What a wrong array would be the right answer to: the oracle on changed problems.

A function that takes the stride for 1 computes what the oracle computes with stride 1. So each
failing case is put to the oracle with one attribute, one input or one cotangent changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from candidates.diagnosis.budget import Budget
from candidates.diagnosis.evidence import Seen
from candidates.diagnosis.relations import Claim
from properties.case import Attributes, Case
from properties.operator import Arrays
from properties.oracle import evaluate

FIRST = 3  # cases on which every change is tried, before the best go on

Values = Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class Problem:
    """What the oracle is asked: attributes, inputs and cotangents of one step."""

    attributes: Attributes
    inputs: Arrays
    cotangents: Arrays


@dataclass(frozen=True)
class Change:
    """A change of a problem, in words that follow "the right answer", and what it is about."""

    words: str
    about: str
    problem: Problem


def matching(group: Sequence[Seen], cases: Iterable[Case], budget: Budget) -> dict[Claim, int]:
    """Claims about changed problems whose right answers were given, and on how many cases.

    `cases` show which values an attribute may have, such as the names of reductions.
    Changes that do not hold on most of the first few cases are not followed.
    """
    values = _values(cases)
    counts: dict[str, tuple[Claim, int]] = {}
    for i, seen in enumerate(_spread(group)):
        if budget.spent:
            break
        for change in _changes(seen, values):
            _, held = counts.get(change.words, (None, 0))
            if i >= FIRST and held < i // 2:
                continue
            if _answers(seen, change.problem):
                counts[change.words] = _claim(seen.name, change), held + 1
            if budget.spent:
                break
    return dict(counts.values())


def _claim(name: str, change: Change) -> Claim:
    """A mode by its name says more than a factor does, and arithmetic on an input says less."""
    rank = 4 if change.words.endswith(f" for {change.about}") else 2
    rank = 0 if change.words.endswith("'") else rank
    sentence = f"{name} is the right answer {change.words}"
    return Claim(sentence, f"how {change.about} enters {name}", rank)


def _spread(group: Sequence[Seen]) -> Sequence[Seen]:
    """The same cases, those first that tell more: large arrays have fewer accidents."""
    return sorted(group, key=lambda seen: -seen.expected.size)


def _answers(seen: Seen, problem: Problem) -> bool:
    """Whether the wrong array is what the oracle gives for a problem."""
    cotangents = problem.cotangents if seen.is_gradient else None
    try:
        outputs, gradients = evaluate(
            seen.trial.operator, problem.attributes, problem.inputs, cotangents
        )
    except Exception:  # the oracle does not know this problem
        return False
    found = {f"d{n}": a for n, a in gradients.items()} | outputs
    return seen.explained_by(found.get(seen.name))


def _values(cases: Iterable[Case]) -> Values:
    """The values that each attribute takes in these cases."""
    values: dict[str, dict[Any, None]] = {}
    for case in cases:
        for name, value in case.at(0).items():
            values.setdefault(name, {})[value] = None
    return {name: list(known) for name, known in values.items()}


def _changes(seen: Seen, values: Values) -> Iterator[Change]:
    at = seen.trial.case.at(seen.step)
    problem = Problem(at, seen.inputs, seen.right.cotangents)
    for name, value in at.items():
        for words, other in _other_values(name, value, at, values):
            if other != value and _bearable(name, other, values):
                changed = Problem({**at, name: other}, problem.inputs, problem.cotangents)
                yield Change(words, name, changed)
    for change in _exchanged(problem):
        if all(_bearable(name, v, values) for name, v in change.problem.attributes.items()):
            yield change
    for name, array in seen.inputs.items():
        for words, other in _other_arrays(name, array):
            changed = Problem(at, {**problem.inputs, name: other}, problem.cotangents)
            yield Change(words, name, changed)
    for name, array in problem.cotangents.items() if seen.is_gradient else ():
        for words, other in _other_cotangents(f"d{name}", array):
            changed = Problem(at, problem.inputs, {**problem.cotangents, name: other})
            yield Change(words, f"d{name}", changed)


def _bearable(name: str, value: Any, values: Values) -> bool:
    """Whether torch may be asked: a stride of 0 ends the process, so it must be known to occur.

    Zeros and negative numbers are left alone where the attribute has none.
    """
    if isinstance(value, bool) or not isinstance(value, (int, tuple)):
        return True
    numbers = value if isinstance(value, tuple) else (value,)
    known = [n for v in values.get(name, ()) for n in (v if isinstance(v, tuple) else (v,))]
    lowest = min((n for n in known if isinstance(n, int)), default=1)
    return all(not isinstance(n, int) or n >= min(lowest, 1) for n in numbers)


def _other_values(
    name: str, value: Any, at: Attributes, values: Values
) -> Iterator[tuple[str, Any]]:
    """Other values of an attribute, and the words that say so."""
    if isinstance(value, bool):
        yield f"with {name} = {not value}", not value
        yield f"with {name} reversed", not value
    elif isinstance(value, int):
        for number in (0, 1, 2, -1):
            yield f"with {name} = {number}", number
        yield f"with {name} larger by one", value + 1
        yield f"with {name} smaller by one", value - 1
    elif isinstance(value, float):
        for other in (0.0, 1.0, 0.5, 1e-5):
            yield f"with {name} = {other:g}", other
        yield f"with 1 - {name} for {name}", 1 - value
        yield f"with {name} squared", value**2
        yield f"with the root of {name}", abs(value) ** 0.5
        yield f"with 2 * {name}", 2 * value
        yield f"with -{name}", -value
        if value:
            yield f"with 1 / {name} for {name}", 1 / value
    elif isinstance(value, tuple) and len(value) == 2 and all(type(v) is int for v in value):
        yield from _other_pairs(name, value, at)
    else:
        for other in values.get(name, ()):
            if not isinstance(other, float):
                yield f"with {name} = {other!r}", other
        if value is None:
            yield f"with {name} = 1", (1, 1)


def _other_pairs(name: str, value: Any, at: Attributes) -> Iterator[tuple[str, Any]]:
    first, second = value
    kernel = at.get("kernel", at.get("kernel_size"))
    for other in (0, 1, 2):
        yield f"with {name} = {other}", (other, other)
    yield f"with {name} exchanged between rows and columns", (second, first)
    yield f"with the {name} of the rows for both axes", (first, first)
    yield f"with the {name} of the columns for both axes", (second, second)
    yield f"with {name} = 1 along the columns", (first, 1)
    yield f"with {name} = 1 along the rows", (1, second)
    yield f"with {name} = 0 along the columns", (first, 0)
    yield f"with {name} = 0 along the rows", (0, second)
    yield f"with {name} larger by one", (first + 1, second + 1)
    yield f"with {name} smaller by one", (first - 1, second - 1)
    yield f"with 2 * {name}", (2 * first, 2 * second)
    if name == "stride" and kernel is not None:
        yield "with the stride that the window is wide", kernel


def _exchanged(problem: Problem) -> Iterator[Change]:
    """Two attributes, or two inputs of one shape, exchanged."""
    at, inputs = problem.attributes, problem.inputs
    pairs = [n for n, v in at.items() if isinstance(v, (tuple, float)) and n != "size"]
    for i, first in enumerate(pairs):
        for second in pairs[i + 1 :]:
            if type(at[first]) is type(at[second]) and at[first] != at[second]:
                other = {**at, first: at[second], second: at[first]}
                words, about = f"with {first} and {second} exchanged", f"{first} or {second}"
                yield Change(words, about, Problem(other, inputs, problem.cotangents))
    names = list(inputs)
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            mine, theirs = inputs[first], inputs[second]
            if mine.shape == theirs.shape and mine.dtype == theirs.dtype:
                turned = {**inputs, first: theirs, second: mine}
                words, about = f"with {first} and {second} exchanged", f"{first} or {second}"
                yield Change(words, about, Problem(at, turned, problem.cotangents))


def _other_arrays(name: str, array: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Changed inputs, and the words that say so."""
    if array.dtype.kind in "iu" and array.size:
        yield f"with {name} + 1 for {name}", array + 1
        yield f"with {name} - 1 for {name}", array - 1
        yield f"with {name} in reverse order", np.flip(array, 0) if array.ndim else array
    if array.dtype.kind != "f" or not array.size:
        return
    yield f"with {name} = 0", np.zeros_like(array)
    yield f"with {name} = 1", np.ones_like(array)
    simple: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
        "-{}": np.negative,
        "|{}|": np.abs,
        "{} + 1": lambda a: a + 1,
        "{} squared": np.square,
        "2 * {}": lambda a: 2 * a,
        "{} / 2": lambda a: a / 2,
        "{} - 1": lambda a: a - 1,
        "{} + 1/2": lambda a: a + 0.5,
        "{} - 1/2": lambda a: a - 0.5,
        "exp({})": np.exp,
        "tanh({})": np.tanh,
    }
    with np.errstate(all="ignore"):
        changed = {words.format(name): function(array) for words, function in simple.items()}
    for words, other in changed.items():
        yield f"with {words} for {name}", other
    if (array >= 0).all():
        yield f"with the root of {name} for {name}", np.sqrt(array)
    yield from _turned(name, array)


def _turned(name: str, array: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """An array with its axes turned, reversed or exchanged; of the same shape."""
    if array.ndim >= 2:
        if array.shape[-1] == array.shape[-2]:
            yield f"with {name} transposed", np.swapaxes(array, -1, -2)
        turned = np.swapaxes(array, -1, -2).reshape(array.shape)
        yield f"with {name} read in the order of its transpose", turned
        yield f"with {name} turned by 180 degrees", array[..., ::-1, ::-1]
    for axis in range(array.ndim):
        if array.shape[axis] > 1:
            along = _axis(axis, array)
            yield f"with {name} reversed along {along}", np.flip(array, axis)
            yield f"with {name} rolled by one along {along}", np.roll(array, 1, axis)
            first = np.take(array, [0], axis)
            words = f"with the first of {name} along {along} for all"
            yield words, np.broadcast_to(first, array.shape).copy()


def _other_cotangents(name: str, array: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    if not array.size:
        return
    yield f"with {name} = 1", np.ones_like(array)
    yield f"with {name} = 0", np.zeros_like(array)
    yield f"with {name} squared", array**2
    yield f"with the sum of {name} for {name}", np.full_like(array, array.sum())
    yield f"with the mean of {name} for {name}", np.full_like(array, array.mean())
    yield from _turned(name, array)
    for axis in range(array.ndim):
        if array.shape[axis] > 1:
            for words, place in (("first", 0), ("last", -1)):
                alone = np.zeros_like(array)
                at = (slice(None),) * axis + (place,)
                alone[at] = array[at]
                yield f"with the {words} of {name} along {_axis(axis, array)} alone", alone


def _axis(axis: int, array: np.ndarray) -> str:
    """An axis by a name that means the same where there are more leading axes."""
    if array.ndim == 4:
        return f"axis {axis}"
    return (
        "its last axis"
        if axis == array.ndim - 1 > 0
        else f"axis {axis}"
        if axis == 0
        else (f"axis {axis - array.ndim}")
    )
