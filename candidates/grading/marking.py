"""Judge one submission, in this process: copy it, load it, judge what counts, in that order."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Sequence
from typing import Any

from candidates.archives import opened
from candidates.checking import assemble, containment, environment, spellings_of
from candidates.cli import load_candidate, operator_files
from candidates.client import Worker
from candidates.errors import UsageError
from candidates.grading.assignment import Assignment, Task
from candidates.grading.grades import ERROR, JUDGED, MISSING, UNLOADABLE
from candidates.grading.submissions import Refused, put_beside, stage
from candidates.judging import Judge, Request
from candidates.reports.terminal import notes

Verdict = dict[str, Any]


def judge_submission(
    task: Task, assignment: Assignment, on_case: Callable[[], None] = lambda: None
) -> Verdict:
    """The verdict on one submission (schema 1), and under `grade` how it was reached.

    `on_case` is called after each case. What cannot be judged gets a verdict without operators;
    so does a submission on which this suite itself fails.
    """
    started = time.perf_counter()
    try:
        verdict = _verdict(task, assignment, on_case)
    except Refused as error:
        verdict = without_rows(task, assignment, UNLOADABLE, f"{task.shown} {error}")
    except UsageError as error:
        frames = [_as_handed_in(line, task) for line in error.frames]
        reason = _as_handed_in(str(error), task)
        verdict = without_rows(task, assignment, UNLOADABLE, reason, frames)
    except Exception as error:
        reason = f"the judging process raised {type(error).__name__}: {error}"
        frames = traceback.format_exc().splitlines()
        verdict = without_rows(task, assignment, ERROR, reason, frames)
    verdict["grade"]["seconds"] = round(time.perf_counter() - started, 3)
    return verdict


def _verdict(task: Task, assignment: Assignment, on_case: Callable[[], None]) -> Verdict:
    task.scratch.mkdir(parents=True)
    copy = stage(task.submission, task.scratch)
    with opened(copy) as here:
        put_beside(here, assignment.helpers)
        worker = load_candidate(
            here, assignment.convention, operator_files(), assignment.limits, copy
        )
        try:
            return _judged(task, assignment, worker, on_case)
        finally:
            worker.close()


def _judged(
    task: Task, assignment: Assignment, worker: Worker, on_case: Callable[[], None]
) -> Verdict:
    found = [f for f in worker.found if f.operator in assignment.operators]
    if worker.convention is None or not found:
        reason = f"{task.shown} has no function that is known"
        if worker.found:
            others = ", ".join(dict.fromkeys(f.operator for f in worker.found))
            reason = f"{task.shown} has no function that is asked for, only {others}"
        reason = "; ".join([reason, *notes(worker.stubbed, worker.failed)])
        verdict = without_rows(task, assignment, MISSING, _as_handed_in(reason, task))
        return verdict | {"stubbed": worker.stubbed, "failed": worker.failed}
    request = Request(
        path=str(worker.path),
        shown_path=task.shown,
        convention=worker.convention,
        examples=assignment.examples,
        seed=assignment.seed,
        hints=assignment.hints,
        stubbed=worker.stubbed,
        failed=tuple(worker.failed),
    )
    rows_of = []
    for f, spelling in spellings_of(request, found, operator_files()):
        rows = Judge(request, worker, f, spelling).rows(lambda row: None, on_case)
        for row in rows:
            row["message"] = _as_handed_in(row["message"], task)
        rows_of.append(rows)
    verdict = assemble(request, found, rows_of, [], assignment.limits)
    return verdict | {"grade": _about(task, JUDGED, "", [])}


def without_rows(
    task: Task, assignment: Assignment, status: str, reason: str, frames: Sequence[str] = ()
) -> Verdict:
    """The verdict where nothing was judged."""
    return {
        "schema": 1,
        "candidate": task.shown,
        "convention": assignment.convention,
        "environment": environment(assignment.seed, assignment.examples)
        | {"definitions": {}, "hints": assignment.hints},
        "containment": containment(assignment.limits),
        "stubbed": {},
        "failed": [],
        "operators": [],
        "grade": _about(task, status, reason, frames),
    }


def _about(task: Task, status: str, reason: str, frames: Sequence[str]) -> dict[str, Any]:
    return {
        "submission": task.submission.name,
        "status": status,
        "reason": reason,
        "traceback": list(frames),
        "seconds": 0.0,
        "fingerprint": task.fingerprint,
    }


def _as_handed_in(text: str, task: Task) -> str:
    """The text with the submission's path where that of its copy stands."""
    return text.replace(str(task.scratch / task.submission.name), task.shown)
