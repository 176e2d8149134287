"""Judge every function found in a candidate, on several cores, and put the verdict together."""

from __future__ import annotations

import functools
import gc
import multiprocessing
import os
import platform
import traceback
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

from candidates.client import Found, Worker
from candidates.conventions import find_convention
from candidates.judging import Judge, Request, Row
from candidates.limits import NUMBERS, Limits
from candidates.servers import mechanisms
from candidates.spelling import Spelling
from candidates.statuses import worst
from candidates.worker import policy, sandbox
from properties.operator import find_operator, operator_names

Event = tuple[Any, ...]


def spellings_of(request: Request, found: Sequence[Found], operators: Sequence[str]) -> list[Any]:
    spellings = find_convention(request.convention).spellings(operators)
    return [(f, spellings[f.spelling]) for f in found]


def judge_all(
    request: Request,
    operators: Sequence[str],
    found: Sequence[Found],
    jobs: int,
    limits: Limits,
) -> Generator[Event, None, None]:
    """Events as they come: ("case", i), ("failure", i, row), ("rows", i, rows).

    `i` is the place in `found`. Judges are forked before torch has run anything; each has a worker
    of its own. Closing the iterator ends them.
    """
    _prepare_torch()
    tasks = list(enumerate(spellings_of(request, found, operators)))
    context: Any = multiprocessing.get_context("fork" if hasattr(os, "fork") else "spawn")
    events: Any = context.SimpleQueue()
    todo: Any = context.SimpleQueue()
    for index in sorted(range(len(tasks)), key=lambda i: -_mistakes(found[i])):
        todo.put(index)
    jobs = max(1, min(jobs, len(tasks)))
    for _ in range(jobs):
        todo.put(None)
    arguments = (request, operators, tasks, limits, todo, events)
    judges = [context.Process(target=_judge, args=arguments, daemon=True) for _ in range(jobs)]
    gc.freeze()  # a collection in a judge would write to, and so copy, every page that they share
    for judge in judges:
        judge.start()
    gc.unfreeze()
    try:
        yield from _events(events, judges, len(tasks))
    finally:
        for judge in judges:
            judge.terminate()
            judge.join()


def _mistakes(found: Found) -> int:
    """How many ways there are to get an operator wrong: those with most come first."""
    return len(find_operator(found.operator).mistakes)


def _prepare_torch() -> None:
    """Import torch on one thread, so that forked judges need not and may."""
    import torch

    torch.set_num_threads(1)


def _events(events: Any, judges: list[Any], expected: int) -> Iterator[Event]:
    done = 0
    while done < expected:
        if not events._reader.poll(0.2):
            if not any(judge.is_alive() for judge in judges) and not events._reader.poll(0):
                raise RuntimeError("the judging processes ended without a verdict")
            continue
        event = events.get()
        if event[0] == "error":
            raise RuntimeError(event[1])
        done += event[0] == "rows"
        yield event


def _judge(
    request: Request,
    operators: Sequence[str],
    tasks: Sequence[tuple[int, tuple[Found, Spelling]]],
    limits: Limits,
    todo: Any,
    events: Any,
) -> None:
    """The body of a judging process: take tasks until there are none."""
    worker = None
    try:
        worker = Worker(Path(request.path), request.convention, operators, limits, look=False)
        while (index := todo.get()) is not None:
            _, (found, spelling) = tasks[index]
            judge = Judge(request, worker, found, spelling)
            rows = judge.rows(
                functools.partial(_put, events, "failure", index),
                functools.partial(_put, events, "case", index),
            )
            events.put(("rows", index, rows))
    except KeyboardInterrupt:
        pass
    except BaseException:
        events.put(("error", traceback.format_exc()))
    finally:
        if worker is not None:
            worker.close()


def _put(events: Any, *event: Any) -> None:
    events.put(event)


def containment(limits: Limits, torch: bool = False) -> dict[str, Any]:
    """What holds the candidate's process: the limits, and each mechanism of this machine."""
    report = mechanisms(limits)
    active = {name for name, state in report.items() if state == "active"}
    files = "not limited"
    if sandbox.READ_ONLY in active:
        files = "written in one private folder only, read without limit"
    if sandbox.LANDLOCK in active:
        files = "its own and the interpreter's are read, one private folder is written"
    return {
        "level": limits.containment,
        "limits": {
            **{name.replace("_", " "): getattr(limits, name) for name in NUMBERS},
            "standard input": "none",
            "output": "discarded",
            "suite's oracle and comparison in reach": False,
            "network": "none" if active & {sandbox.NETWORK, sandbox.SECCOMP} else "not limited",
            "files": files,
            "forbidden packages": list(policy.in_force(limits.forbid, torch)),
        },
        "mechanisms": report,
    }


def environment(seed: int, examples: int) -> dict[str, Any]:
    """What the verdict was reached with."""
    import hypothesis
    import numpy
    import torch

    return {
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "torch": torch.__version__,
        "hypothesis": hypothesis.__version__,
        "platform": platform.system(),
        "seed": seed,
        "examples": examples,
    }


def definitions(request: Request, found: Sequence[Found]) -> dict[str, str]:
    """Where the convention defines an operator differently from PyTorch, by operator."""
    differing: dict[str, list[str]] = {}
    for f, spelling in spellings_of(request, found, operator_names()):
        words = differing.setdefault(f.operator, [])
        differs = spelling.promised(f.told).differs
        words += [differs] if differs and differs not in words else []
    return {operator: "; ".join(words) for operator, words in differing.items() if words}


def assemble(
    request: Request,
    found: Sequence[Found],
    rows_of: Sequence[Sequence[Row]],
    absent: Sequence[str],
    limits: Limits,
) -> dict[str, Any]:
    """The verdict, schema 1. `absent` names operators that were asked for and are not there."""
    operators: dict[str, dict[str, Any]] = {}
    for spelling, rows in zip(found, rows_of, strict=True):
        entry = operators.setdefault(
            spelling.operator, {"operator": spelling.operator, "functions": [], "properties": []}
        )
        entry["functions"] += [f for f in spelling.functions if f not in entry["functions"]]
        entry["properties"] += rows
    for entry in operators.values():
        entry["status"] = worst(row["status"] for row in entry["properties"])
    for name in absent:
        operators[name] = {
            "operator": name,
            "functions": [],
            "properties": [],
            "status": "missing",
        }
    return {
        "schema": 1,
        "candidate": request.shown_path,
        "convention": request.convention,
        "environment": environment(request.seed, request.examples)
        | {"definitions": definitions(request, found), "hints": request.hints},
        "containment": containment(limits, find_convention(request.convention).needs_torch),
        "stubbed": dict(request.stubbed),
        "failed": [dict(entry) for entry in request.failed],
        "operators": [_ordered(operators[name]) for name in sorted(operators)],
    }


def _ordered(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: entry[key] for key in ("operator", "functions", "status", "properties")}
