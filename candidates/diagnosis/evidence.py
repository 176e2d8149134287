"""The arrays that failures speak of: what an implementation gave, and what was expected there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from properties.explore import Failure
from properties.implementation import CallFailed, Implementation, Result
from properties.operator import Arrays
from properties.oracle import Expected
from properties.tolerance import Failed
from properties.trial import Trial

SINGLE = -1  # in place of a step: the run in float32
CLOSE = 1e-6


@dataclass(frozen=True)
class Seen:
    """The failing array of one case. `place` is the step it was seen at, or SINGLE."""

    trial: Trial
    failure: Failed
    name: str
    place: int
    got: np.ndarray
    expected: np.ndarray

    @property
    def step(self) -> int:
        return max(self.place, 0)

    @property
    def is_gradient(self) -> bool:
        return self.name[0] == "d" and self.name[1:] in self.trial.operator.differentiable

    @property
    def right(self) -> Expected:
        return self.trial.expected(self.step)

    @cached_property
    def inputs(self) -> Arrays:
        return self.trial.oracle_inputs(self.step)

    @cached_property
    def same_shape(self) -> bool:
        return self.got.shape == self.expected.shape

    @cached_property
    def close(self) -> bool:
        """Whether the result is right but for digits, so that no relation of values shows."""
        return equal(self.got, self.expected)

    def explained_by(self, other: Result | None) -> bool:
        """Whether another array is the one that was given, and not just as near as the right one.

        Its distance must be small beside what is wrong, where that is small itself.
        """
        if not isinstance(other, np.ndarray) or not equal(self.got, other):
            return False
        if not self.same_shape:
            return True
        with np.errstate(invalid="ignore"):
            wrong = np.abs(self.got.astype(np.float64) - self.expected)
            left = np.abs(self.got.astype(np.float64) - other)
        if not np.isfinite(wrong).all():
            return True
        return bool(left.max(initial=0.0) <= 0.01 * wrong.max(initial=0.0))


class Twin(Trial):
    """The case of another trial on another implementation, judged by the same expected values.

    What the first implementation showed as evidence is handed in, so that both draw the same mask.
    """

    def __init__(self, trial: Trial, implementation: Implementation) -> None:
        shown = evidence(trial)
        super().__init__(trial.operator, implementation, trial.promise, trial.case, shown)
        self._first = trial

    def expected(self, step: int = 0) -> Expected:
        return self._first.expected(step)


def evidence(trial: Trial) -> dict[int, Arrays]:
    """What the candidate showed at each step; empty where it did not get so far."""
    try:
        return {i: trial.evidence(i) for i in range(len(trial.main.steps))}
    except (CallFailed, Failed):
        return {}


def results(trial: Trial, place: int) -> dict[str, Result]:
    """Outputs and gradients at a place by name, gradients as `dx`; empty where there are none."""
    try:
        if place == SINGLE:
            outputs, gradients = trial.single
        elif place < len(trial.main.steps):
            step = trial.main.steps[place]
            outputs, gradients = step.outputs, step.gradients
        else:
            return {}
    except (CallFailed, Failed):
        return {}
    return {f"d{n}": a for n, a in (gradients or {}).items()} | dict(outputs)


def expected_results(trial: Trial, place: int) -> Arrays:
    """The right outputs and gradients at a place, gradients as `dx`."""
    right = trial.expected(max(place, 0))
    return {f"d{n}": a for n, a in right.gradients.items()} | right.outputs


def see(trial: Trial, failure: Failure) -> Seen | None:
    """The array a failure speaks of, or None: calls that raise and foreign results have none."""
    if not isinstance(failure, Failed) or failure.output is None:
        return None
    for place in _places(trial):
        got = results(trial, place).get(failure.output)
        try:
            expected = expected_results(trial, place).get(failure.output)
        except (CallFailed, Failed):
            return None
        if not isinstance(got, np.ndarray) or expected is None or got.dtype.kind not in "biuf":
            continue
        if _speaks_of(failure, got, expected):
            return Seen(trial, failure, failure.output, place, got, expected)
    return None


def _places(trial: Trial) -> Iterator[int]:
    yield from range(len(trial.main.steps))
    if trial.ran and "float32" in trial.promise.dtypes:
        yield SINGLE


def _speaks_of(failure: Failed, got: np.ndarray, expected: np.ndarray) -> bool:
    """Whether the numbers that a failure states stand in these arrays."""
    if got.shape != expected.shape:
        return failure.got is None
    if failure.got is None:  # a law that the array breaks: then it is the first that is wrong
        return "has shape" not in failure.message and not equal(got, expected)
    there = np.array([got[failure.index], expected[failure.index]], np.float64)
    return np.array_equal(there, [failure.got, failure.expected], equal_nan=True)


def equal(first: np.ndarray, second: np.ndarray) -> bool:
    """The same shape and, up to rounding, the same numbers; infinities and NaN at the same places.

    Both are floating or integer arrays, or scalars of NumPy.
    """
    first, second = np.asarray(first), np.asarray(second)
    if first.shape != second.shape or first.dtype.kind not in "biuf":
        return False
    first, second = first.astype(np.float64), second.astype(np.float64)
    finite = np.isfinite(second)
    if not np.array_equal(first[~finite], second[~finite], equal_nan=True):
        return False
    size = np.abs(second[finite])
    bound = CLOSE * (size + (size.mean() if size.size else 0.0))
    return bool(np.all(np.abs(first[finite] - second[finite]) <= bound))


def all_explained(seen: Seen, others: Mapping[str, Result]) -> bool:
    """Whether every result at the place of a failure is the other's."""
    mine = results(seen.trial, seen.place)
    return all(
        isinstance(array, np.ndarray)
        and isinstance(others.get(name), np.ndarray)
        and equal(array, others[name])
        for name, array in mine.items()
    )
