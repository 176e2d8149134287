"""The vectorized path at sizes of use, where its work is cut into strips and blocks."""

from __future__ import annotations

import pytest

from benchmarks.problems import modes, problem, reference_runner
from benchmarks.torch_runners import confirmed
from properties.operator import find_operator, operator_names

WORKLOADS = [
    (operator.name, workload)
    for operator in map(find_operator, operator_names())
    for workload in operator.workloads
]


@pytest.mark.parametrize(
    ("name", "workload"), WORKLOADS, ids=[f"{n}-{w.name}" for n, w in WORKLOADS]
)
def test_the_oracle_confirms_it(name, workload):
    operator = find_operator(name)
    whole = problem(operator, workload, mode=modes(operator)[-1])
    confirmed(whole, reference_runner(whole, "vectorized"))
