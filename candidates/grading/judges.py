"""Judge many submissions, each in a judging process of its own, several at a time.

The processes are forked from one that has imported torch and run no operation. Each writes its
verdict itself, so nothing of a submission stays in the parent.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import signal
import time
from collections.abc import Generator, Iterator, Sequence
from multiprocessing.connection import wait
from typing import Any

from candidates.errors import UsageError
from candidates.grading.assignment import Assignment, Task
from candidates.grading.grades import ERROR
from candidates.grading.marking import judge_submission, without_rows
from candidates.grading.submissions import mentions
from candidates.reports import json_report
from candidates.reports.writing import partial_path
from candidates.servers import mechanisms
from candidates.worker import policy
from properties.operator import find_operator, operator_names

SECONDS_TO_STOP = 2.0
Running = dict[int, tuple[Task, Any]]  # by the process's sentinel


def judge_all_submissions(
    tasks: Sequence[Task], assignment: Assignment, jobs: int
) -> Generator[Task, None, None]:
    """Each task as soon as its result file is there. Closing the generator ends all processes.

    Raises UsageError where a result cannot be written.
    """
    _prepare(tasks, assignment)
    context: Any = multiprocessing.get_context("fork" if hasattr(os, "fork") else "spawn")
    todo = iter(tasks)
    running: Running = {}
    try:
        while True:
            while len(running) < jobs and (task := next(todo, None)) is not None:
                _start(context, task, assignment, running)
            if not running:
                return
            ended = wait(list(running))
            for sentinel, (task, judge) in list(running.items()):
                if sentinel not in ended:
                    continue
                judge.join()
                _finish(task, assignment, judge)
                del running[sentinel]
                yield task
    finally:
        _stop(list(running.values()))


def _prepare(tasks: Sequence[Task], assignment: Assignment) -> None:
    """Import once what every judging process needs, and start the servers of their workers.

    No torch operation runs in this process.
    """
    import torch

    torch.set_num_threads(1)
    for name in operator_names():
        find_operator(name)
    mechanisms(assignment.limits)
    if "torch" not in policy.in_force(assignment.limits.forbid, torch=True) and any(
        mentions(task.submission, b"torch") for task in tasks
    ):
        mechanisms(assignment.limits, "torch")


def _start(context: Any, task: Task, assignment: Assignment, running: Running) -> None:
    """Fork a judging process. Ctrl-C waits until it is known to be there."""
    with _interrupts_held():
        arguments = (task, assignment, os.getpid())
        judge = context.Process(target=_judge, args=arguments, daemon=True)
        judge.start()
        running[judge.sentinel] = task, judge


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _judge(task: Task, assignment: Assignment, parent: int) -> None:
    """The body of a judging process. The parent alone obeys Ctrl-C; it ends this by SIGTERM."""
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

    def require_parent() -> None:
        if os.getppid() != parent:
            raise KeyboardInterrupt

    try:
        json_report.write(judge_submission(task, assignment, require_parent), task.result)
    except (KeyboardInterrupt, OSError):
        os._exit(1)


def _finish(task: Task, assignment: Assignment, judge: Any) -> None:
    """Give a submission whose judging process failed its row, and remove what was left behind."""
    if judge.exitcode != 0:
        how = f"exit status {judge.exitcode}"
        if judge.exitcode < 0:
            how = f"signal {signal.Signals(-judge.exitcode).name}"
        verdict = without_rows(task, assignment, ERROR, f"the judging process ended by {how}")
        try:
            json_report.write(verdict, task.result)
        except OSError as error:
            raise UsageError(f"{task.result} cannot be written: {error.strerror}") from None
    _clean(task, judge)


def _clean(task: Task, judge: Any) -> None:
    partial_path(task.result, judge.pid).unlink(missing_ok=True)
    shutil.rmtree(task.scratch, ignore_errors=True)
    judge.close()


def _stop(running: Sequence[tuple[Task, Any]]) -> None:
    """End judging processes, which end their workers; a second Ctrl-C does not stop this."""
    if not running:
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    for _, judge in running:
        judge.terminate()
    deadline = time.monotonic() + SECONDS_TO_STOP
    for task, judge in running:
        judge.join(max(deadline - time.monotonic(), 0))
        if judge.is_alive():
            judge.kill()
            judge.join()
        _clean(task, judge)
    signal.signal(signal.SIGINT, before)
