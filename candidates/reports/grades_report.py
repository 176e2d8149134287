"""Grades as a JSON array and as a table for the terminal."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence

from candidates.grading.grades import Grade, VerdictOf
from candidates.reports.terminal import grid
from candidates.reports.writing import printable

WIDEST_NAME, WIDEST_REASON = 40, 100


def parts(grades: Sequence[Grade], verdict_of: VerdictOf) -> Iterator[str]:
    """A JSON array with one object a submission."""
    yield "["
    for number, grade in enumerate(grades):
        yield ",\n" if number else "\n"
        yield json.dumps(dataclasses.asdict(grade), allow_nan=False)
    yield "\n]\n"


def table(grades: Sequence[Grade]) -> str:
    """A row a submission, in one line each."""
    lines = [["submission", "status", "score", "seconds", "what does not pass"]]
    for grade in grades:
        score = "-" if grade.score is None else f"{grade.score:.0%}"
        name = _cut(printable(grade.submission), WIDEST_NAME)
        reason = _cut(printable(grade.reason), WIDEST_REASON)
        lines.append([name, grade.status, score, f"{grade.seconds:.1f}", reason])
    return grid(lines)


def _cut(text: str, widest: int) -> str:
    return text if len(text) <= widest else text[: widest - 3] + "..."
