"""Which known mistake computes what a failing candidate computes."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties.explore import Finding
from properties.implementation import CallFailed, Result
from properties.mistakes import Mistake
from properties.operator import Arrays, Operator
from properties.promise import Promise
from properties.tolerance import Failed
from properties.trial import Trial

FEWEST = 5
SHARE = 0.5
SHOWN = 2


def diagnose(operator: Operator, finding: Finding, promise: Promise) -> list[dict[str, Any]]:
    """The mistakes that give the candidate's own results on most of the failing cases, at most two.

    Only failing cases count, so a mistake that matches differs from the right answer on each.
    """
    failing = [(trial, f) for trial, f in finding.failing if isinstance(f, Failed) and f.output]
    if len(failing) < FEWEST:
        return []
    found = []
    for mistake in operator.mistakes:
        matches = _matches(operator, mistake, failing, promise)
        if matches >= FEWEST and matches >= SHARE * len(failing):
            found.append((matches, mistake))
    most = max((matches for matches, _ in found), default=0)
    return [
        {
            "mistake": mistake.name,
            "explanation": mistake.explanation,
            "matches": matches,
            "of": len(failing),
        }
        for matches, mistake in found
        if matches == most
    ][:SHOWN]


def _matches(
    operator: Operator, mistake: Mistake, failing: list[tuple[Trial, Failed]], promise: Promise
) -> int:
    """On how many failing cases the mistake gives the same failing array; stops when hopeless."""
    wrong = mistake.implementation(operator)
    matches = 0
    for seen, (trial, failure) in enumerate(failing):
        if seen - matches > (1 - SHARE) * len(failing):
            break
        mine = _failing_array(trial, failure)
        theirs = _failing_array(
            Trial(operator, wrong, promise, trial.case, _evidence(trial)), failure
        )
        matches += mine is not None and theirs is not None and _equal(mine, theirs)
    return matches


def _evidence(trial: Trial) -> dict[int, Arrays]:
    """What the candidate showed at each step, so that a mistake draws the same mask."""
    try:
        return {i: trial.evidence(i) for i in range(len(trial.main.steps))}
    except (CallFailed, Failed):
        return {}


def _failing_array(trial: Trial, failure: Failed) -> Result | None:
    """The array that a failure speaks of, as an implementation gave it on the first step."""
    name = failure.output or ""
    try:
        if failure.message.startswith("in float32"):
            outputs, gradients = trial.single
        elif trial.ran and not failure.message.startswith("at step"):
            outputs, gradients = trial.main.steps[0].outputs, trial.main.steps[0].gradients
        elif trial.ran:
            outputs, gradients = trial.main.steps[-1].outputs, None
        else:
            return None
    except (CallFailed, Failed):
        return None
    found = {f"d{n}": a for n, a in (gradients or {}).items()} | outputs
    array = found.get(name)
    return array if isinstance(array, np.ndarray) else None


def _equal(mine: np.ndarray, theirs: np.ndarray) -> bool:
    if mine.shape != theirs.shape or mine.dtype.kind not in "biuf":
        return False
    mine, theirs = mine.astype(np.float64), theirs.astype(np.float64)
    finite = np.isfinite(theirs)
    if not np.array_equal(mine[~finite], theirs[~finite], equal_nan=True):
        return False
    size = np.abs(theirs[finite])
    bound = 1e-6 * (size + (size.mean() if size.size else 0.0))
    return bool(np.all(np.abs(mine[finite] - theirs[finite]) <= bound))
