"""Every property over every operator and implementation: `test_gradient[conv2d-layers.py]`."""

from __future__ import annotations

import random
import typing

import pytest

from properties.case import Case
from properties.checks import EVERY
from properties.checks.half import HALF_PRECISION, halves
from properties.checks.property import Property
from properties.checks.tf32 import IN_TF32
from properties.explore import Failure
from properties.tf32 import tf32_problem
from properties.together import Telling, Together

if typing.TYPE_CHECKING:
    from candidates.subjects import Judged, Subject

BY_TEST = {f"test_{judged.name}": judged for judged in EVERY}
APART = ("sizes", IN_TF32.name)  # on cases of its own, on kernels of its own


class Rounds:
    """What was judged of one subject so far, by implementation and group of properties."""

    def __init__(self, subject: Subject, asked: set[str], seed: int) -> None:
        self._subject, self._asked, self._seed = subject, asked, seed
        self._judged: dict[tuple[int, str | tuple[str, ...]], Together] = {}

    def holds(self, judged: Property, index: int, on: Judged) -> int:
        """Raise AssertionError on the smallest case that fails; the number of cases judged."""
        key = index, judged.name if judged.name in APART else judged.regimes
        if key not in self._judged:
            self._judged[key] = self._run(judged, on)
        return self._judged[key].holds(judged.name)

    def _run(self, judged: Property, on: Judged) -> Together:
        """Judge a property, and with it all that share its cases."""
        group = [judged] if judged.name in APART else self._group(judged.regimes, on)
        operator, telling = self._subject.operator, _telling(self._subject, on)
        together = Together(group, operator, on.implementation, on.promise, telling)
        if judged.name == "sizes":
            together.run_sizes()
        else:
            together.run(self._seed)
        return together

    def _group(self, regimes: tuple[str, ...], on: Judged) -> list[Property]:
        """Every property of these regimes that this session asks for."""
        return [
            judged
            for judged in EVERY
            if judged.regimes == regimes and judged.name in self._asked
            if judged.name not in APART and _judges(judged, self._subject, on)
        ]


@pytest.fixture(scope="module")
def rounds(subject: Subject, request: pytest.FixtureRequest) -> Rounds:
    """Cases of a subject are drawn once: tests of one subject follow each other."""
    tests = {getattr(item, "originalname", item.name) for item in request.session.items}
    asked = {judged.name for test, judged in BY_TEST.items() if test in tests}
    return Rounds(subject, asked, _seed(request.config))


def _test_of(judged: Property) -> typing.Callable[[Subject, Rounds], None]:
    def test(subject: Subject, rounds: Rounds) -> None:
        if not judged.applies(subject.operator):
            pytest.skip(f"{judged.name} says nothing about {subject.operator.name}")
        if judged is IN_TF32:
            _skip_without_tf32(subject)
        said = [
            rounds.holds(judged, index, on)
            for index, on in enumerate(subject.implementations)
            if _judges(judged, subject, on)
        ]
        if not any(said):
            pytest.skip(f"no case of {subject.operator.name} says anything about {judged.name}")

    test.__doc__ = judged.explanation
    return test


def _telling(subject: Subject, on: Judged) -> Telling:
    def told(judged: Property, case: Case, failure: Failure) -> str | None:
        if on.excused(subject.operator.name, judged.name, str(failure)):
            return None
        status = failure.status or judged.status
        return (
            f"{status}: {on.implementation.name}: {failure}\nreplay: {on.replay(judged.name, case)}"
        )

    return told


def _judges(judged: Property, subject: Subject, on: Judged) -> bool:
    """Whether a property is one to be judged on this implementation."""
    if on.properties is not None and judged.name not in on.properties:
        return False
    if judged is HALF_PRECISION and not halves(on.promise):
        return False
    return judged.applies(subject.operator) and judged.can_judge(on.implementation)


def _skip_without_tf32(subject: Subject) -> None:
    for on in subject.implementations:
        if problem := tf32_problem(on.implementation.name.removeprefix("torch-")):
            pytest.skip(f"not judged with TF32: {problem}")


def _seed(config: pytest.Config) -> int:
    """That of `--hypothesis-seed`, or any: what fails is replayed by its case."""
    chosen = config.getoption("--hypothesis-seed")
    return int(chosen) if chosen not in (None, "random") else random.randrange(2**32)


for _name, _property in BY_TEST.items():
    globals()[_name] = _test_of(_property)
