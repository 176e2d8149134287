"""Every operator's workloads under pytest-benchmark: `python -m pytest benchmarks`.

One thread. What is timed is checked first, on the very arrays that are timed. Compare ratios within
one run, not times across runs; `layerproof bench` interleaves what it compares.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch

from benchmarks.problems import Problem, Runner, modes, problem, reference_runner
from benchmarks.torch_runners import confirmed, has_layouts, torch_runner
from properties.operator import Workload, find_operator, operator_names

OPERATORS = [find_operator(name) for name in operator_names()]
TIMED = [
    (operator.name, workload, dtype, mode)
    for operator in OPERATORS
    for workload in operator.workloads
    for dtype in ("float32", "float64")
    for mode in modes(operator)
]
RUNNERS = ["naive", "vectorized", "torch", "channels_last", "cuda"]


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize(
    ("name", "workload", "dtype", "mode"),
    TIMED,
    ids=[f"{n}-{w.name}-{dtype}-{mode}" for n, w, dtype, mode in TIMED],
)
def test_time(
    benchmark: Any, name: str, workload: Workload, dtype: str, mode: str, runner: str
) -> None:
    operator = find_operator(name)
    if runner == "naive" and workload is not operator.workloads[0]:
        pytest.skip("the naive path is timed on an operator's first workload")
    timed = _runner(problem(operator, workload, dtype, mode), runner)
    benchmark.group = f"{name}: {workload.name}, {dtype}, {mode}"
    if runner == "naive":
        benchmark.pedantic(timed.run, rounds=1)
    else:
        benchmark(timed.run)


def _runner(problem: Problem, name: str) -> Runner:
    """What is to be timed, after one run whose results the oracle has confirmed."""
    if name == "cuda" and not torch.cuda.is_available():
        pytest.skip("there is no CUDA device")
    if name == "channels_last" and not has_layouts(problem):
        pytest.skip("no input has channels to put last")
    if name in ("naive", "vectorized"):
        return confirmed(problem, reference_runner(problem, name))
    device = "cuda" if name == "cuda" else "cpu"
    return confirmed(problem, torch_runner(problem, device, name == "channels_last"))
