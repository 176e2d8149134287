"""Every property over every operator and implementation: `test_gradient[conv2d-layers.py]`."""

from __future__ import annotations

import random
import typing

import hypothesis
import pytest

from properties.case import Case
from properties.checks import EVERY
from properties.checks.half import HALF_PRECISION, halves
from properties.checks.property import NotJudged, Property
from properties.checks.tf32 import IN_TF32
from properties.explore import ROUND, domain_of, draw_in_rounds
from properties.references import enough_examples
from properties.sizes import size_cases
from properties.tf32 import tf32_problem
from properties.trial import Trial

if typing.TYPE_CHECKING:
    from candidates.subjects import Judged, Subject


def _test_of(judged: Property) -> typing.Callable[[Subject, pytest.FixtureRequest], None]:
    def test(subject: Subject, request: pytest.FixtureRequest) -> None:
        seed = _seed(request.config)
        if not judged.applies(subject.operator):
            pytest.skip(f"{judged.name} says nothing about {subject.operator.name}")
        if judged is IN_TF32:
            _skip_without_tf32(subject)
        said = [
            _holds(judged, subject, implementation, seed)
            for implementation in subject.implementations
            if implementation.properties is None or judged.name in implementation.properties
            if judged.can_judge(implementation.implementation)
            if judged is not HALF_PRECISION or halves(implementation.promise)
        ]
        if not any(said):
            pytest.skip(f"no case of {subject.operator.name} says anything about {judged.name}")

    test.__doc__ = judged.explanation
    return test


def _skip_without_tf32(subject: Subject) -> None:
    for on in subject.implementations:
        if problem := tf32_problem(on.implementation.name.removeprefix("torch-")):
            pytest.skip(f"not judged with TF32: {problem}")


def _seed(config: pytest.Config) -> int:
    """That of `--hypothesis-seed`, or any: what fails is replayed by its case."""
    chosen = config.getoption("--hypothesis-seed")
    return int(chosen) if chosen not in (None, "random") else random.randrange(2**32)


def _holds(judged: Property, subject: Subject, on: Judged, seed: int) -> int:
    """Raise AssertionError on the smallest case that fails; the number of cases judged."""
    cases = 0
    seen: set[str] = set()

    def holds(case: Case) -> None:
        if case.key not in seen:
            judge(case)
            seen.add(case.key)

    def judge(case: Case) -> None:
        nonlocal cases
        trial = Trial(subject.operator, on.implementation, on.promise, case)
        try:
            failure = judged.failure(trial)
        except NotJudged:
            return
        if failure is not None and on.excused(subject.operator.name, judged.name, str(failure)):
            return
        cases += 1
        if failure is not None:
            status = failure.status or judged.status
            raise AssertionError(
                f"{status}: {on.implementation.name}: {failure}\n"
                f"replay: {on.replay(judged.name, case)}"
            )

    if judged.name == "sizes":
        for case in size_cases(subject.operator, on.promise):
            judge(case)
        return cases
    domain = domain_of(on.promise).restricted(regime=judged.regimes)
    examples = on.promise.enough(hypothesis.settings().max_examples)
    examples = enough_examples(subject.operator, examples)
    drawn = hypothesis.given(subject.operator.cases(domain))

    def draw_round(round_seed: int) -> None:
        left = examples - len(seen) + bool(seen)  # later rounds begin with a case that was seen
        settings = hypothesis.settings(max_examples=min(ROUND, left))
        hypothesis.seed(round_seed)(settings(drawn(holds)))()

    draw_in_rounds(draw_round, seen, examples, seed)
    return cases


for _property in EVERY:
    globals()[f"test_{_property.name}"] = _test_of(_property)
