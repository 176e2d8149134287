"""`layerproof grade FOLDER`: judge what is not judged yet, then report on every submission."""

from __future__ import annotations

import argparse
import contextlib
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from candidates.errors import USAGE, UsageError
from candidates.grading.assignment import Assignment, Task, task_of
from candidates.grading.grades import JUDGED, Grade, VerdictOf, grade_of
from candidates.grading.progress import progress
from candidates.grading.scoring import Scale
from candidates.grading.submissions import submissions_in
from candidates.reports import csv_report, grades_report, junit_report
from candidates.reports.writing import printable, write_whole

REPORTS: dict[str, Callable[[Sequence[Grade], VerdictOf], Iterator[str]]] = {
    "csv": csv_report.parts,
    "json": grades_report.parts,
    "junit": junit_report.parts,
}


def grade(options: argparse.Namespace, assignment: Assignment, scale: Scale) -> int:
    """Grade a folder. The exit status: 0, or 2 where not one submission could be judged.

    Raises KeyboardInterrupt, with what to say, and UsageError.
    """
    folder = Path(options.folder)
    found, others = submissions_in(folder)
    results = _results_folder(folder, options.out)
    if others:
        names = ", ".join(map(printable, others))
        _say(f"no submissions, and left out: {names}")
    digest = assignment.digest()
    with _scratch() as scratch:
        tasks = [task_of(one, str(folder / one.name), digest, results, scratch) for one in found]
        _judge(tasks, assignment, options, results)
    of = {task.submission.name: task for task in tasks}
    grades = [grade_of(_read(task), scale, str(task.result)) for task in tasks]
    _report(options, grades, lambda graded: _read(of[graded.submission]))
    judged = any(_read(task)["grade"]["status"] == JUDGED for task in tasks)
    return 0 if judged else USAGE


def _results_folder(folder: Path, asked: str | None) -> Path:
    """The folder for results: beside the submissions, or as asked, and never within them."""
    submissions = folder.resolve()
    results = Path(asked or submissions.with_name(f"{submissions.name}-results"))
    if submissions in (results.resolve(), *results.resolve().parents):
        raise UsageError(f"--out must lie outside the submissions' folder, got {str(results)!r}")
    try:
        results.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out: {str(results)!r} cannot be made: {error.strerror}") from None
    return results


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    """A folder for the copies that are judged."""
    folder = Path(tempfile.mkdtemp(prefix="layerproof-")).resolve()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _judge(
    tasks: Sequence[Task], assignment: Assignment, options: argparse.Namespace, results: Path
) -> None:
    """Judge the submissions whose result files do not hold their verdict yet."""
    todo = [task for task in tasks if options.again or not task.is_judged]
    if len(todo) < len(tasks):
        _say(f"{len(tasks) - len(todo)} of {len(tasks)} submissions are judged already")
    if not todo:
        return
    from candidates.grading.judges import judge_all_submissions  # torch and Hypothesis, only now

    try:
        with (
            _stopped_by_sigterm(),
            progress(len(todo), "judged") as advance,
            contextlib.closing(judge_all_submissions(todo, assignment, options.jobs)) as judged,
        ):
            for _ in judged:
                advance()
    except KeyboardInterrupt:
        kept = sum(task.is_judged for task in tasks)  # some that nobody has heard of may be there
        command = "this command without --again" if options.again else "the same command"
        raise KeyboardInterrupt(
            f"stopped; {command} goes on after {kept} of {len(tasks)} submissions, "
            f"whose results are kept in {results}"
        ) from None


@contextlib.contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """What stops a batch job stops it as Ctrl-C does."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _read(task: Task) -> dict[str, Any]:
    verdict = task.read()
    if verdict is None:
        raise UsageError(f"the result file {str(task.result)!r} is gone or was changed")
    return verdict


def _report(options: argparse.Namespace, grades: Sequence[Grade], verdict_of: VerdictOf) -> None:
    """Write what is asked for, and show the table unless a report goes to the output."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    parts = REPORTS[options.report](grades, verdict_of) if options.report else iter(())
    if options.report and not options.report_file:
        sys.stdout.writelines(parts)
        return
    if options.report_file:
        try:
            write_whole(Path(options.report_file), parts)
        except OSError as error:
            where = repr(options.report_file)
            raise UsageError(
                f"--report-file: {where} cannot be written: {error.strerror}"
            ) from None
    print(grades_report.table(grades))


def _say(text: str) -> None:
    print(f"layerproof: {text}", file=sys.stderr)
