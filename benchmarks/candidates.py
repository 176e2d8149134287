"""A candidate's benchmark: only functions that pass, in their worker, on fresh inputs each time.

The parent holds the clock. What a call costs beyond the function, arrays carried to the worker and
back, is timed in the same rounds with a function that does nothing, and subtracted. Every result
that was timed is compared with PyTorch's afterwards.
"""

from __future__ import annotations

import contextlib
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import Machine
from benchmarks.measure import Row, rates
from benchmarks.problems import (
    MODES,
    Problem,
    check,
    modes,
    problem,
    problem_like,
    reference_runner,
)
from benchmarks.timing import LEAST_ROUNDS, Timings, timed
from benchmarks.torch_runners import torch_runner
from candidates.checking import judge_all, spellings_of
from candidates.client import Candidate, Found, Worker
from candidates.judging import Request
from candidates.limits import Limits
from candidates.statuses import FAILING
from properties.implementation import CallFailed, Implementation
from properties.operator import Arrays, find_operator
from properties.promise import Promise
from properties.sizes import workloads_within

CANDIDATE, CARRIED = "candidate", "carried"
HIDDEN = 0.25  # a function faster than this share of carrying its arrays cannot be timed
MOST_ROUNDS = 50
SLOW = 3.0  # seconds of a call: slower ones are made once
NOTHING = """
import numpy
_outputs, _gradients = {outputs}, {gradients}
_outputs, _gradients = (tuple(numpy.zeros(s, t) for s, t in a) for a in (_outputs, _gradients))
def {name}_forward(*args, **kwargs): return (*_outputs, None)
def {name}_backward(*args): return _gradients if len(_gradients) > 1 else _gradients[0]
"""


@dataclass(frozen=True)
class Timed:
    """A function of a candidate that passes, and what it promises."""

    found: Found
    promise: Promise
    reusable: bool


def verified(
    request: Request,
    operators: Sequence[str],
    found: Sequence[Found],
    jobs: int,
    limits: Limits,
) -> tuple[list[Timed], dict[str, str]]:
    """Functions that pass every property, and why the others are not timed."""
    rows_of: dict[int, list[Row]] = {}
    with contextlib.closing(judge_all(request, operators, found, jobs, limits)) as events:
        for kind, index, *rest in events:
            if kind == "rows":
                rows_of[index] = rest[0]
    good, refused = [], {}
    for index, (f, spelling) in enumerate(spellings_of(request, found, operators)):
        bad = [row for row in rows_of[index] if row["status"] in (*FAILING, "missing")]
        if bad:
            refused[f.functions[0]] = f"{bad[0]['status']}: {bad[0]['property']}"
        else:
            good.append(Timed(f, spelling.promised(f.told), spelling.reusable))
    return good, refused


def measured(
    candidate: Timed,
    worker: Worker,
    operators: Sequence[str],
    machine: Machine,
    options: Any,
    dtype: str,
) -> Iterator[Row]:
    """A row for every workload that the promise covers, forward and with backward.

    A row says why instead of a time where a call fails, takes too long or gives another result.
    """
    operator = find_operator(candidate.found.operator)
    for workload in workloads_within(operator, candidate.promise):
        if options.workload and workload.name not in options.workload:
            continue
        for mode in modes(operator):
            if mode != MODES[0] and not _differentiates(candidate, workload.attributes):
                continue
            given = problem(operator, workload, dtype, mode)
            row = {
                "operator": operator.name,
                "workload": workload.name,
                "dtype": dtype,
                "mode": mode,
                "function": (name := candidate.found.functions[mode != MODES[0]]),
            }
            judged = Candidate(worker, candidate.found, operator, candidate.reusable)
            try:
                with _nothing(given, worker.limits, operators) as idle:
                    taken = _rounds(candidate.promise, judged, idle, given, options.seconds)
                yield row | _rates(given, taken, name, machine)
            except (CallFailed, ValueError) as error:
                yield row | {"failed": str(error).partition("\n")[0]}


def _differentiates(candidate: Timed, attributes: Mapping[str, Any]) -> bool:
    return len(candidate.found.functions) > 1 and candidate.promise.backward_at(attributes)


def _rounds(
    promise: Promise, judged: Candidate, idle: Candidate, given: Problem, seconds: float
) -> dict[str, list[float]]:
    """Seconds of PyTorch, the vectorized path, the candidate and nothing, on fresh inputs."""
    names = ("torch", "vectorized", CANDIDATE, CARRIED)
    taken: dict[str, list[float]] = {name: [] for name in names}
    spent = 0.0
    while len(taken["torch"]) < MOST_ROUNDS and (
        spent < seconds or len(taken["torch"]) < LEAST_ROUNDS
    ):
        fresh = promised(problem_like(given, len(taken["torch"]) + 1), promise)
        runs = [torch_runner(fresh), reference_runner(fresh, "vectorized")]
        turns = {runner.name: timed(runner.run) for runner in runs}
        turns[CARRIED], _ = called(idle, fresh)
        turns[CANDIDATE], results = called(judged, fresh)
        compare(fresh, results, promise)
        for name, lasted in turns.items():
            taken[name].append(lasted)
        spent += sum(turns.values())
        if turns[CANDIDATE] > SLOW:
            break
    return taken


def called(candidate: Implementation, fresh: Problem) -> tuple[float, Arrays]:
    """Seconds of a forward call, and of its backward where that is wanted, and the results."""
    candidate.begin(fresh.case.seed)
    attributes, gradients = fresh.case.at(0), {}
    started = time.perf_counter()
    outputs, token = candidate.forward(attributes, fresh.inputs)
    if fresh.backward:
        gradients = candidate.backward(token, fresh.cotangents)
    taken = time.perf_counter() - started
    candidate.drop(token)
    return taken, {**outputs, **{f"d{name}": a for name, a in gradients.items()}}


def promised(fresh: Problem, promise: Promise) -> Problem:
    """The problem with cotangents of 0 for outputs that the convention does not give."""
    given = promise.outputs
    cotangents = {
        name: array if given is None or name in given else np.zeros_like(array)
        for name, array in fresh.cotangents.items()
    }
    return replace(fresh, cotangents=cotangents)


def compare(fresh: Problem, results: Arrays, promise: Promise) -> None:
    """Raises ValueError where what was timed is not what PyTorch computes."""
    drawn = {
        name: results[name]
        for name in fresh.operator.evidence
        if isinstance(results.get(name), np.ndarray)
    }
    expected = torch_runner(replace(fresh, inputs=fresh.inputs | drawn)).results()
    outputs = fresh.operator.outputs if promise.outputs is None else promise.outputs
    gradients = fresh.gradients
    if promise.gradients is not None:
        gradients = [name for name in gradients if name in promise.gradients]
    names = [*outputs, *(f"d{name}" for name in gradients)]
    check(fresh, results, {name: expected[name] for name in names})


@contextlib.contextmanager
def _nothing(given: Problem, limits: Limits, operators: Sequence[str]) -> Iterator[Candidate]:
    """A function in a worker of its own that does nothing and gives arrays of the same sizes."""
    results = torch_runner(given).results()
    outputs = [_form(results[name]) for name in given.operator.outputs]
    outputs += [_form(given.inputs["x"]) for _ in given.operator.evidence]
    gradients = [_form(given.inputs[name]) for name in given.gradients]
    name = given.operator.name
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "nothing.py"
        path.write_text(NOTHING.format(name=name, outputs=outputs, gradients=gradients))
        worker = Worker(path, "plain", operators, limits)
        try:
            (found,) = worker.found
            yield Candidate(worker, found, given.operator)
        finally:
            worker.close()


def _form(array: np.ndarray) -> tuple[tuple[int, ...], str]:
    return array.shape, array.dtype.name


def _rates(
    given: Problem, taken: Mapping[str, Sequence[float]], name: str, machine: Machine
) -> Row:
    """The numbers of a row, as for the references; `below` where carrying hides the function."""
    carried = statistics.median(taken[CARRIED])
    mine = [seconds - carried for seconds in taken[CANDIDATE]]
    least = HIDDEN * carried
    shown = {key: taken[key] for key in ("torch", "vectorized")}
    if statistics.median(mine) > least:
        shown[name] = [max(seconds, least) for seconds in mine]
    hidden = {} if name in shown else {"below": least}
    return rates(given, Timings(shown), machine, "torch") | {"carried": carried} | hidden
