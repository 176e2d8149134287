"""Grades as CSV, safe to open in a spreadsheet: one row a submission."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence

from candidates.grading.grades import Grade, VerdictOf

# A spreadsheet computes a cell that begins so. Where its list separator is the semicolon, it
# splits cells there, so what follows one begins a cell too.
FORMULA = re.compile(r"(^|;)(?=\s*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def parts(grades: Sequence[Grade], verdict_of: VerdictOf) -> Iterator[str]:
    """Lines of CSV (RFC 4180 but for the line ends): a head, then the submissions."""
    operators = sorted({name for grade in grades for name in grade.operators})
    yield _line(["submission", "status", "score", *operators, "seconds", "reason"])
    for grade in grades:
        score = "" if grade.score is None else f"{grade.score:g}"
        statuses = [grade.operators.get(name, "") for name in operators]
        seconds = f"{grade.seconds:.1f}"
        yield _line([grade.submission, grade.status, score, *statuses, seconds, grade.reason])


def _line(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow([safe(cell) for cell in cells])
    return line.getvalue()


def safe(cell: str) -> str:
    """The cell as text that no spreadsheet computes: an apostrophe stands before what would be."""
    return FORMULA.sub(r"\1'", CONTROL.sub("\N{REPLACEMENT CHARACTER}", cell))
