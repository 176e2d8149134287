"""Judge properties of the same regimes on the same cases: pytest draws once for all of them.

Drawing is half of the time, and most properties ask a trial for the same facts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import hypothesis

from properties.case import Case
from properties.checks.property import NotJudged, Property
from properties.explore import ROUND, Failure, domain_of, draw_in_rounds
from properties.implementation import Implementation
from properties.operator import Operator
from properties.promise import Promise
from properties.references import enough_examples
from properties.sizes import size_cases
from properties.trial import Trial

Telling = Callable[[Property, Case, Failure], str | None]
"""What is said of a failure; None where it is excused, and then the case says nothing."""


@dataclass
class Told:
    """Of one property: how many cases say something of it and, once one fails, what of it.

    round: seed and number of cases of the round of Hypothesis that drew the failing case.
    """

    cases: int = 0
    failure: str | None = None
    round: tuple[int, int] = (0, 0)


class Together:
    """Properties of the same regimes, judged on one implementation until each has failed once."""

    def __init__(
        self,
        properties: Sequence[Property],
        operator: Operator,
        implementation: Implementation,
        promise: Promise,
        telling: Telling,
    ) -> None:
        self._operator, self._implementation = operator, implementation
        self._promise, self._telling = promise, telling
        self._properties = {judged.name: judged for judged in properties}
        self._domain = domain_of(promise).restricted(regime=properties[0].regimes)
        self._told = {name: Told() for name in self._properties}

    def run(self, seed: int) -> None:
        """Draw the cases of a seed, no case twice, and judge them all."""
        examples = self._promise.enough(hypothesis.settings().max_examples)
        examples = enough_examples(self._operator, examples)
        seen: set[str] = set()

        def draw_round(round_seed: int) -> None:
            left = examples - len(seen) + bool(seen)  # later rounds begin with a case that was seen
            size = min(ROUND, left)

            def holds(case: Case) -> None:
                if case.key not in seen:
                    self._judge(case, (round_seed, size))
                    seen.add(case.key)

            self._draw(holds, round_seed, size)

        draw_in_rounds(draw_round, seen, examples, seed)

    def run_sizes(self) -> None:
        """The cases of given sizes, for the one property that is judged on those."""
        for case in size_cases(self._operator, self._promise):
            self._judge(case, (0, 0))

    def holds(self, name: str) -> int:
        """Raise AssertionError on the smallest case that fails; the number of cases judged."""
        told = self._told[name]
        if told.failure is None:
            return told.cases
        round_seed, size = told.round
        if size:
            self._draw(lambda case: self._raise(name, case), round_seed, size)  # and shrink it
        raise AssertionError(told.failure)

    def _draw(self, body: Callable[[Case], None], round_seed: int, size: int) -> None:
        drawn = hypothesis.given(self._operator.cases(self._domain))
        settings = hypothesis.settings(max_examples=size)
        hypothesis.seed(round_seed)(settings(drawn(body)))()

    def _judge(self, case: Case, drawn_in: tuple[int, int]) -> None:
        trial = self._trial(case)
        for name, told in self._told.items():
            if told.failure is None:
                judged, told.failure = self._failure(name, trial)
                told.cases, told.round = told.cases + judged, drawn_in

    def _raise(self, name: str, case: Case) -> None:
        trial = self._trial(case)
        _, failure = self._failure(name, trial)
        if failure is not None:
            raise AssertionError(failure)

    def _trial(self, case: Case) -> Trial:
        return Trial(self._operator, self._implementation, self._promise, case)

    def _failure(self, name: str, trial: Trial) -> tuple[bool, str | None]:
        """Whether a case says anything about a property, and how it fails."""
        judged = self._properties[name]
        try:
            failure = judged.failure(trial)
        except NotJudged:
            return False, None
        if failure is None:
            return True, None
        told = self._telling(judged, trial.case, failure)
        return told is not None, told
