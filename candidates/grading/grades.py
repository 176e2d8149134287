"""The row that a submission gets in an instructor's report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from candidates.grading.scoring import Scale
from candidates.reports.terminal import by_status
from candidates.statuses import worst

JUDGED = "judged"
MISSING = "missing"  # no function that is asked for
UNLOADABLE = "unloadable"
ERROR = "error"  # of ours, or of the machine: no fault of the submission


@dataclass(frozen=True)
class Grade:
    """One submission: statuses of the operators that count, and the score, None after an error.

    reason: what does not pass, or why nothing was judged. result: the file with the verdict.
    """

    submission: str
    status: str
    score: float | None
    operators: Mapping[str, str]
    seconds: float
    reason: str
    result: str


VerdictOf = Callable[[Grade], dict[str, Any]]


def grade_of(verdict: Mapping[str, Any], scale: Scale, result: str) -> Grade:
    """The row of one verdict, as `judge_submission` gives it."""
    about = verdict["grade"]
    statuses = scale.statuses(verdict)
    failing = {name: status for name, status in statuses.items() if status != "pass"}
    judged = about["status"] == JUDGED
    return Grade(
        submission=about["submission"],
        status=worst(statuses.values()) if judged else about["status"],
        score=None if about["status"] == ERROR else scale.score(verdict),
        operators=statuses,
        seconds=about["seconds"],
        reason=by_status(failing) if judged else about["reason"],
        result=result,
    )
