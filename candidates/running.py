"""Run a check or a replay for the command line: events become lines, rows become a verdict."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from candidates.checking import assemble, judge_all, spellings_of
from candidates.client import Found, Worker
from candidates.errors import UsageError
from candidates.judging import Judge, Request, Row
from candidates.limits import Limits
from candidates.reports import json_report, terminal
from candidates.statuses import FAILING, exit_status
from properties.case import Case
from properties.checks import EVERY, find_property
from properties.checks.property import Property


@dataclass(frozen=True)
class Candidate:
    """What was loaded: the path it lies at, its convention, and what is to be said of it."""

    path: Path
    convention: str
    stubbed: Mapping[str, str]
    failed: Sequence[Mapping[str, str]]


def check(
    options: argparse.Namespace,
    limits: Limits,
    candidate: Candidate,
    operators: Sequence[str],
    found: Sequence[Found],
    absent: Sequence[str],
) -> int:
    """Judge what was found, show failures as they come, then the verdict. The exit status."""
    request = _request(options, candidate)
    rows_of: list[list[Row]] = [[] for _ in found]
    total = len(found) * options.examples
    finished: set[int] = set()
    try:
        with _progress(total) as advance:
            events = judge_all(request, operators, found, options.jobs, limits)
            with contextlib.closing(events):
                for kind, index, *rest in events:
                    if kind == "case":
                        advance()
                    elif kind == "failure":
                        _show_first(found[index], rest[0])
                    else:
                        rows_of[index] = rest[0]
                        finished.add(index)
    finally:
        done = sorted(finished)
        if options.json and done:
            verdict = _verdict(request, found, rows_of, done, absent, limits)
            json_report.write(verdict, Path(options.json))
    verdict = _verdict(request, found, rows_of, done, absent, limits)
    print("\n" + terminal.render(verdict), flush=True)
    return exit_status(verdict, options.require)


def _verdict(
    request: Request,
    found: Sequence[Found],
    rows_of: Sequence[list[Row]],
    done: Sequence[int],
    absent: Sequence[str],
    limits: Limits,
) -> dict[str, Any]:
    return assemble(
        request,
        [found[i] for i in done],
        [rows_of[i] for i in done],
        absent,
        limits,
    )


def _request(options: argparse.Namespace, candidate: Candidate) -> Request:
    return Request(
        path=str(candidate.path),
        shown_path=options.path,
        convention=candidate.convention,
        examples=options.examples,
        seed=options.seed,
        strict=options.strict,
        hints=options.hints,
        properties=tuple(p.name for p in _properties(options)),
        stubbed=dict(candidate.stubbed),
        failed=tuple(dict(entry) for entry in candidate.failed),
        dtypes=tuple(options.dtype),
        options=_passed_on(options),
    )


def _passed_on(options: argparse.Namespace) -> tuple[str, ...]:
    """The options that a replay needs too and that are not at their default."""
    operations = ("--forbid-ops", ",".join(options.forbid_ops)) if options.forbid_ops else ()
    dtypes = [word for name in options.dtype for word in ("--dtype", name)]
    device = ("--device", options.device) if options.device != "cpu" else ()
    return (*operations, *dtypes, *device)


def _properties(options: argparse.Namespace) -> list[Property]:
    try:
        return [find_property(name) for name in options.property] or list(EVERY)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _show_first(found: Found, row: Row) -> None:
    """One line as soon as a failure is seen; the smallest case follows with the verdict."""
    if row["status"] in FAILING:
        head = f"{row['status'].upper()}: {found.operator} {row['property']}, {row['function']}"
        print(f"{head}: {row['message']}", flush=True)


@contextlib.contextmanager
def _progress(total: int) -> Iterator[Any]:
    """A progress bar on a terminal that has rich; nothing elsewhere."""
    try:
        if not sys.stderr.isatty():
            raise ImportError
        from rich.console import Console
        from rich.progress import Progress
    except ImportError:
        yield lambda: None
        return
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("judging", total=total)
        yield lambda: bar.advance(task)


def replay(
    options: argparse.Namespace,
    limits: Limits,
    candidate: Candidate,
    operators: Sequence[str],
    found: Sequence[Found],
) -> int:
    """Judge one given case and show what it does. The exit status."""
    try:
        case = Case.from_json(options.case)
    except ValueError as error:
        raise UsageError(f"--case: {error}") from None
    judged, request = _properties(options), _request(options, candidate)
    found = [f for f in found if f.operator == case.operator]
    if not found:
        raise UsageError(f"--case: {options.path} has no function for {case.operator!r}")
    rows_of = []
    worker = Worker(Path(request.path), candidate.convention, operators, limits, look=False)
    try:
        for f, spelling in spellings_of(request, found, operators):
            rows_of.append(_replayed(Judge(request, worker, f, spelling), case, judged))
    finally:
        worker.close()
    verdict = assemble(request, found, rows_of, [], limits)
    if options.json:
        json_report.write(verdict, Path(options.json))
    print("\n" + terminal.render(verdict))
    return exit_status(verdict, [])


def _replayed(judge: Judge, case: Case, judged: list[Property]) -> list[Row]:
    try:
        judge.operator.arrays(case)
    except Exception as error:  # whatever a made-up attribute leads to
        why = f"{type(error).__name__}: {error}"
        raise UsageError(f"--case is no case of {case.operator}: {why}") from None
    return judge.replay(case, judged)
