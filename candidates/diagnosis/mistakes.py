"""Which known mistake computes what a failing candidate computes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from candidates.diagnosis.evidence import (
    Seen,
    Twin,
    all_explained,
    equal,
    expected_results,
    results,
)
from properties.case import Case
from properties.implementation import CallFailed
from properties.mistakes import Mistake
from properties.operator import Operator
from properties.promise import Promise
from properties.tolerance import Failed
from properties.trial import Trial

FEWEST = 5
SHARE = 0.5
SHOWN = 2


@dataclass(frozen=True)
class Match:
    """A mistake that gives the failing array, `name`, on `matches` of the `of` failing cases."""

    mistake: Mistake
    name: str
    matches: int
    of: int


RIGHT = 12  # cases on which the candidate is right, to tell mistakes apart


def matching(
    operator: Operator, seen: Sequence[Seen], right: Sequence[Case], fewest: int
) -> list[Match]:
    """The mistakes that give the candidate's own results on most failing cases, at most two.

    The cases whose `dx` is wrong and those whose `dw` is are looked at by themselves. Of mistakes
    that give the failing array equally often, those that give all other results as well come
    first, and others are left out; so are those that are wrong on more of the `right` cases, on
    which the candidate is right.
    """
    groups: dict[str, list[Seen]] = {}
    for one in seen:
        groups.setdefault(one.name, []).append(one)
    found: list[Match] = []
    for group in sorted(groups.values(), key=len, reverse=True):
        if len(group) >= fewest:
            best = _best(operator, group, fewest, len(seen))
            best = _compatible(operator, best, group[0].trial.promise, right[:RIGHT])
            known = {match.mistake.name for match in found}
            found += [match for match in best if match.mistake.name not in known]
    return found[:SHOWN]


def _best(operator: Operator, group: Sequence[Seen], fewest: int, of: int) -> list[Match]:
    scored = []
    for mistake in operator.mistakes:
        matches, whole = _matches(operator, mistake, group)
        if matches >= fewest and matches >= SHARE * len(group):
            scored.append(((matches, whole), Match(mistake, group[0].name, matches, of)))
    most = max((score for score, _ in scored), default=None)
    return [match for score, match in scored if score == most]


def _compatible(
    operator: Operator, tied: list[Match], promise: Promise, right: Sequence[Case]
) -> list[Match]:
    """Of several mistakes those that are wrong on the fewest cases where the candidate is right."""
    if len(tied) < 2:
        return tied
    wrong = [_wrong_on(operator, match.mistake, promise, right) for match in tied]
    return [match for match, count in zip(tied, wrong, strict=True) if count == min(wrong)]


def _wrong_on(operator: Operator, mistake: Mistake, promise: Promise, right: Sequence[Case]) -> int:
    implementation = mistake.implementation(operator)
    count = 0
    for case in right:
        trial = Trial(operator, implementation, promise, case)
        try:
            expected = expected_results(trial, 0)
        except (CallFailed, Failed):
            count += 1
            continue
        given = results(trial, 0)
        count += any(
            not isinstance(given.get(name), np.ndarray) or not equal(given[name], array)
            for name, array in expected.items()
            if name[1:] in trial.wanted_gradients or name in operator.outputs
        )
    return count


def _matches(operator: Operator, mistake: Mistake, group: Sequence[Seen]) -> tuple[int, int]:
    """On how many cases the mistake gives the failing array, and every result; stops if hopeless.

    Only failing cases count, so a mistake that matches differs from the right answer on each.
    """
    wrong = mistake.implementation(operator)
    matches = whole = 0
    for count, one in enumerate(group):
        if count - matches > (1 - SHARE) * len(group):
            break
        theirs = results(Twin(one.trial, wrong), one.place)
        if one.explained_by(theirs.get(one.name)):
            matches += 1
            whole += all_explained(one, theirs)
    return matches, whole
