"""Every operator's workloads: naive, vectorized and torch, forward and forward with backward.

Run by `python -m pytest benchmarks --benchmark-only`, one thread. What is timed is checked first,
on the very arrays that are timed. Compare ratios within one run, not times across runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from properties.case import Case
from properties.operator import Arrays, Operator, Workload, find_operator, operator_names
from properties.oracle import evaluate
from properties.peers import cast
from properties.references import reference
from properties.tolerance import EPS

OPERATORS = [find_operator(name) for name in operator_names()]
TIMED = [
    (operator.name, workload, mode)
    for operator in OPERATORS
    for workload in operator.workloads
    for mode in (("forward", "backward") if operator.differentiable else ("forward",))
]


@pytest.mark.parametrize("path", ["naive", "vectorized", "torch"])
@pytest.mark.parametrize(
    ("name", "workload", "mode"), TIMED, ids=[f"{n}-{w.name}-{mode}" for n, w, mode in TIMED]
)
def test_time(benchmark: Any, name: str, workload: Workload, path: str, mode: str) -> None:
    run = checked(find_operator(name), workload, path, mode)
    benchmark.group = f"{name}: {workload.name}, {mode}"
    if path == "naive":
        benchmark.pedantic(run, rounds=1)
    else:
        benchmark(run)


def checked(operator: Operator, workload: Workload, path: str, mode: str) -> Callable[[], Arrays]:
    """What is to be timed, after one run whose results the oracle has confirmed."""
    case = Case(operator.name, workload.attributes, "normal")
    inputs = cast(operator.arrays(case), "float32")
    outputs, _ = evaluate(operator, case.at(0), inputs, None)
    cotangents = cast(operator.cotangents(case, 0, outputs), "float32")
    if path == "torch":
        return _torch(operator, case, inputs, cotangents, mode)
    run = _reference(operator, path, case, inputs, cotangents, mode)
    results = run()
    # What it drew itself, a mask say, the oracle is told.
    inputs = inputs | {n: results[n] for n in operator.evidence}
    _check(results, _torch(operator, case, inputs, cotangents, mode)())
    return run


def _torch(
    operator: Operator, case: Case, inputs: Arrays, cotangents: Arrays, mode: str
) -> Callable[[], Arrays]:
    """The oracle itself on tensors that share the arrays' memory: nothing is copied."""
    tensors = {name: torch.from_numpy(array) for name, array in inputs.items()}
    wanted = [tensors[n] for n in operator.differentiable if n in tensors and mode == "backward"]
    for tensor in wanted:
        tensor.requires_grad_()
    upstream = {name: torch.from_numpy(array) for name, array in cotangents.items()}

    def run() -> Arrays:
        with torch.set_grad_enabled(mode == "backward"):
            outputs = operator.oracle(tensors, case.at(0))
        results = {name: outputs[name].detach().numpy() for name in operator.outputs}
        if wanted:
            live = [outputs[name] for name in upstream]
            gradients = torch.autograd.grad(live, wanted, list(upstream.values()))
            named = [n for n in operator.differentiable if n in tensors]
            results |= {f"d{n}": g.numpy() for n, g in zip(named, gradients, strict=True)}
        return results

    return run


def _reference(
    operator: Operator, path: str, case: Case, inputs: Arrays, cotangents: Arrays, mode: str
) -> Callable[[], Arrays]:
    functions = reference(operator, path).functions

    def run() -> Arrays:
        outputs, cache = functions.forward(case.at(0), inputs)
        if mode == "forward":
            return outputs
        gradients = functions.backward(cotangents, cache)
        return {**outputs, **{f"d{n}": a for n, a in gradients.items()}}

    return run


def _check(got: Arrays, expected: Arrays) -> None:
    """Sums of many terms: within rounding of the largest element, or the timing means nothing."""
    for name, wanted in expected.items():
        bound = 2.0**10 * EPS["float32"] * np.abs(wanted).max(initial=1.0)
        error = np.abs(got[name].astype(np.float64) - wanted)
        assert error.max(initial=0.0) <= bound, name
