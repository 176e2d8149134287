"""A property: what is judged on a trial, and what a failure of it is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from properties.implementation import CallFailed, Implementation
from properties.operator import Operator
from properties.tolerance import Failed
from properties.trial import Trial
from properties.values import REGIMES


@dataclass(frozen=True)
class Property:
    """`judge` returns whether the trial says anything about the property, or raises.

    status: what a failure is called in a verdict.
    explanation: one sentence, for reports.
    regimes: where it is judged.
    needs: properties without which it says nothing: it is skipped once one of them has failed.
    about: the field of an operator that it is about: it says nothing where that is empty.
    asks_for: what an implementation must have for it to say anything.
    """

    name: str
    status: str
    explanation: str
    judge: Callable[[Trial], bool]
    regimes: tuple[str, ...] = REGIMES
    needs: tuple[str, ...] = ()
    about: str = "name"
    asks_for: str = "forward"

    def applies(self, operator: Operator) -> bool:
        """Whether there is anything to judge on this operator."""
        return bool(getattr(operator, self.about)) and not set(self.regimes).isdisjoint(
            operator.regimes
        )

    def can_judge(self, implementation: Implementation) -> bool:
        """Whether an implementation has what it asks for."""
        return bool(getattr(implementation, self.asks_for, None))

    def failure(self, trial: Trial) -> Failed | CallFailed | None:
        """How the property fails on a trial, or None. Raises `NotJudged` where it cannot say."""
        if trial.case.regime not in self.regimes or not getattr(trial.operator, self.about):
            raise NotJudged
        if not self.can_judge(trial.implementation):
            raise NotJudged
        try:
            judged = self.judge(trial)
        except (Failed, CallFailed) as failure:
            return failure
        if not judged:
            raise NotJudged
        return None


class NotJudged(Exception):
    """A case says nothing about a property."""
