"""A candidate under pytest-benchmark: `python -m pytest benchmarks --candidate PATH`.

The first function of each operator, on the first workload that its convention promises, forward and
with backward, on fresh inputs each time. The times hold what it takes to carry the arrays to the
worker and back, which `layerproof bench PATH` subtracts. Every result is compared with PyTorch's.
"""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.candidates import called, compare, promised
from benchmarks.problems import Problem, modes, problem, problem_like
from candidates.subjects import Subject
from properties.operator import Arrays
from properties.sizes import workloads_within

ROUNDS = 5


@pytest.mark.parametrize("mode", ["forward", "forward+backward"])
def test_time(benchmark: Any, subject: Subject, request: pytest.FixtureRequest, mode: str) -> None:
    if request.config.getoption("--candidate") is None:
        pytest.skip("no --candidate is given")
    operator, judged = subject.operator, subject.implementations[0]
    workload = next(workloads_within(operator, judged.promise), None)
    if workload is None or mode not in modes(operator):
        pytest.skip(f"there is no {mode} of a workload within the promise")
    given = problem(operator, workload, mode=mode)
    done: list[tuple[Problem, Arrays]] = []

    def fresh() -> tuple[tuple[Problem], dict[str, Any]]:
        return (promised(problem_like(given, len(done) + 1), judged.promise),), {}

    def run(fresh: Problem) -> None:
        done.append((fresh, called(judged.implementation, fresh)[1]))

    benchmark.group = f"{operator.name}: {workload.name}, {mode}"
    benchmark.pedantic(run, setup=fresh, rounds=ROUNDS)
    for problem_done, results in done:
        compare(problem_done, results, judged.promise)
