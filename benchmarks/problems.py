"""What is timed: an operator at one of its workloads, and the implementations that compute it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from properties.case import Case
from properties.operator import Arrays, Operator, Workload
from properties.oracle import evaluate
from properties.peers import cast
from properties.references import reference
from properties.tolerance import EPS

MODES = ("forward", "forward+backward")


@dataclass(frozen=True)
class Runner:
    """An implementation on a problem's arrays: `run` is timed, `results` gives what it computes."""

    name: str
    run: Callable[[], object]
    results: Callable[[], Arrays]


@dataclass(frozen=True)
class Problem:
    """Arrays of one dtype, and whether the gradients are computed as well."""

    operator: Operator
    workload: Workload
    dtype: str
    mode: str
    case: Case
    inputs: Arrays
    cotangents: Arrays

    @property
    def name(self) -> str:
        return f"{self.operator.name}, {self.workload.name}, {self.dtype}, {self.mode}"

    @property
    def backward(self) -> bool:
        return self.mode == "forward+backward"

    @property
    def gradients(self) -> list[str]:
        """The inputs whose gradients are computed."""
        wanted = self.operator.differentiable if self.backward else ()
        return [name for name in wanted if name in self.inputs]

    @property
    def bytes(self) -> int:
        """The least that has to be read and written: every array of the problem once."""
        arrays = [*self.inputs.values(), *self.cotangents.values()]
        if self.backward:
            arrays += [*self.cotangents.values(), *(self.inputs[n] for n in self.gradients)]
        return sum(array.nbytes for array in arrays)


def problem(
    operator: Operator, workload: Workload, dtype: str = "float32", mode: str = MODES[0]
) -> Problem:
    """The problem of a workload. Its arrays are drawn, always the same ones."""
    return _drawn(operator, workload, dtype, mode, seed=0)


def problem_like(given: Problem, seed: int) -> Problem:
    """The same problem with other arrays."""
    return _drawn(given.operator, given.workload, given.dtype, given.mode, seed)


def _drawn(operator: Operator, workload: Workload, dtype: str, mode: str, seed: int) -> Problem:
    case = Case(operator.name, workload.attributes, "normal", seed=seed)
    inputs = cast(operator.arrays(case), dtype)
    outputs, _ = evaluate(operator, case.at(0), inputs, None, dtype)
    cotangents = cast(operator.cotangents(case, 0, outputs), dtype)
    return Problem(operator, workload, dtype, mode, case, inputs, cotangents)


def modes(operator: Operator) -> tuple[str, ...]:
    return MODES if operator.differentiable else MODES[:1]


def reference_runner(problem: Problem, path: str) -> Runner:
    """The naive or the vectorized reference."""
    functions, attributes = reference(problem.operator, path).functions, problem.case.at(0)

    def run() -> Arrays:
        outputs, cache = functions.forward(attributes, problem.inputs)
        if not problem.backward:
            return outputs
        gradients = functions.backward(problem.cotangents, cache)
        return {**outputs, **{f"d{n}": gradients[n] for n in problem.gradients}}

    return Runner(path, run, run)


def check(problem: Problem, got: Arrays, expected: Arrays) -> None:
    """Raises ValueError unless all results agree: the timing would mean nothing.

    Sums of many terms: within rounding of the largest element.
    """
    for name, wanted in expected.items():
        result, scale = got.get(name), np.abs(wanted).max(initial=1.0)
        if result is None or np.shape(result) != wanted.shape:
            raise ValueError(f"{problem.name}: {name} has another shape than PyTorch's")
        error = np.abs(np.asarray(result).astype(np.float64) - wanted).max(initial=0.0)
        if not error <= 2.0**10 * EPS[problem.dtype] * scale:
            raise ValueError(
                f"{problem.name}: {name} differs from PyTorch's by {error:.3g} "
                f"where its largest element is {scale:.3g}"
            )


def problems(
    operators: Iterable[Operator], dtypes: Iterable[str], only: Iterable[str] = ()
) -> Iterator[Problem]:
    """Every workload of these operators (or those named) in every mode and dtype."""
    names = set(only)
    for operator in operators:
        for workload in operator.workloads:
            if names and workload.name not in names:
                continue
            for dtype in dtypes:
                for mode in modes(operator):
                    yield problem(operator, workload, dtype, mode)
