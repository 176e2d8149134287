"""Right code in low precision: its errors, in units of what rounding and condition explain.

A case's inputs are rounded to the precision first, so that PyTorch in float64 is right about them.
What float32 has in a property of its own (`precision`), float16 and bfloat16 have here; NumPy has
no bfloat16, so that the peer of PyTorch is a reference in float32 whose results are rounded.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from properties.case import Attributes, Case
from properties.implementation import Result
from properties.models import loop_names
from properties.operator import Arrays, Operator
from properties.oracle import PROBES, Expected, evaluate
from properties.peers import largest_errors, run_reference
from properties.promise import Promise
from properties.references import reference
from properties.tolerance import OUTPUT_UNIT, C, rounding_bound
from properties.trial import Trial

EPS: Mapping[str, float] = {"float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7}
"""The distance of 1 from the next number: digits of 24, 11 and 8 bits."""

REGIMES = ("constant", "sparse", "normal")  # those of the property `precision`
HALVES: Mapping[str, tuple[str, str]] = {
    "float16": ("contiguous", "float16"),
    "bfloat16": ("bfloat16", "float32"),
}
"""The layout that an implementation is handed, and the type of the arrays that carry it."""

PATHS, TORCH = ("naive", "vectorized"), "torch"
SUBJECTS: Mapping[str, tuple[str, ...]] = {
    "float32": (*PATHS, TORCH),
    "float16": ("naive", TORCH),  # the vectorized path promises none of it: it sums squares
    "bfloat16": (TORCH,),
}
"""Whose errors are measured in each precision, all of them right code."""

ROUNDINGS = 4  # what a sum may lose; where a result jumps within them, either side is right

IN_FLOAT32: Mapping[str, str] = {
    "mixed_precision_step": "PyTorch's GradScaler refuses gradients of half precision",
    "rotate_image": "PyTorch rounds positions to the precision of the pixels",
}
"""What is measured in float32 alone, and why."""

DECIDING = frozenset((*loop_names(), "grid_search", "classifier"))
"""What decides by comparing numbers has no error that rounding bounds."""

Results = tuple[Mapping[str, Result], Mapping[str, Result]]
Reference = Callable[[Arrays, Arrays | None], tuple[Arrays, Arrays]]
Run = Callable[[Arrays, Arrays | None], Results]


class NotImplementedHere(Exception):
    """PyTorch has no kernel of an operator in a precision: its own words."""


def rounded(arrays: Mapping[str, Result], dtype: str) -> Arrays:
    """The arrays, floating ones as float64 numbers that the precision has."""
    floating = {n for n, a in arrays.items() if np.asarray(a).dtype.kind == "f"}
    return {n: _rounded(a, dtype) if n in floating else a for n, a in arrays.items()}


def _rounded(array: np.ndarray, dtype: str) -> np.ndarray:
    import torch

    low = torch.from_numpy(np.array(array, np.float64)).to(getattr(torch, dtype))
    found: np.ndarray = low.to(torch.float64).numpy()
    return found


def runner(operator: Operator, subject: str, case: Case, dtype: str) -> Reference:
    """One of the subjects on the arrays of a case. Raises NotImplementedHere when it runs."""
    if subject == TORCH:

        def run(inputs: Arrays, cotangents: Arrays | None) -> tuple[Arrays, Arrays]:
            try:
                return evaluate(operator, case.at(0), inputs, cotangents, dtype)
            except (NotImplementedError, RuntimeError) as error:
                raise NotImplementedHere(str(error).partition("\n")[0]) from None

        return run
    return lambda inputs, cotangents: run_reference(
        operator, subject, case.at(0), inputs, cotangents, dtype
    )


@dataclass(frozen=True)
class Compared:
    """One result in low precision beside the right one, and the bound without its factor C."""

    name: str
    gradient: bool
    got: Result
    right: np.ndarray
    unit: np.ndarray


def compared(
    operator: Operator, case: Case, dtype: str, subject: str, run: Run
) -> list[Compared] | None:
    """What `run` gives on a case whose inputs are rounded to the precision.

    None where the case says nothing: right code over- or underflows, has no finite answer, or one
    that jumps, at a kink or a tie, within what rounding moves.
    """
    if not _holds(case.at(0), dtype):
        return None
    inputs = rounded(operator.arrays(case, 0), dtype)
    trial = Trial(operator, reference(operator, "naive"), Promise(), case, {0: inputs})
    expected = trial.expected()
    cotangents = rounded(expected.cotangents, dtype) if expected.gradients else None
    if not expected.finite or not _fits(expected.outputs, dtype):
        return None
    if _jumps(operator, case, dtype, inputs, expected):
        return None
    peers = list(_peer_results(operator, case, dtype, subject, inputs, cotangents))
    if not peers:
        return None
    got = run(inputs, cotangents)
    found = []
    for gradient, wanted in enumerate((expected.outputs, expected.gradients)):
        conditions = expected.gradient_condition if gradient else expected.output_condition
        costs = largest_errors(wanted, [peer[gradient] for peer in peers])
        if not all(np.isfinite(cost).all() for cost in costs.values()):
            return None
        for name, right in wanted.items():
            if right.dtype.kind != "f" or name not in got[gradient]:
                continue
            unit = (
                trial.gradient_unit(name) if gradient else max(OUTPUT_UNIT, trial.output_unit(name))
            )
            bound = rounding_bound(right, conditions[name], EPS[dtype], costs[name], unit) / C
            found.append(Compared(name, bool(gradient), got[gradient][name], right, bound))
    return found


def largest_ratio(
    operator: Operator, case: Case, dtype: str, subject: str, run: Run | None = None
) -> float | None:
    """The largest error of a subject in units of the bound without its factor C.

    None where the case says nothing. `run` is what computes in place of the subject, for something
    that is not right.
    """
    found = compared(operator, case, dtype, subject, run or runner(operator, subject, case, dtype))
    if found is None:
        return None
    worst = 0.0
    for one in found:
        with np.errstate(invalid="ignore"):
            error = np.abs(np.asarray(one.got, np.float64) - one.right)
        off = error[error != 0] / one.unit[error != 0]  # nan counts: it is not 0
        worst = max(worst, float(np.nan_to_num(off, nan=np.inf).max(initial=0.0)))
    return worst


def _jumps(operator: Operator, case: Case, dtype: str, inputs: Arrays, expected: Expected) -> bool:
    """Whether moving the inputs by a few roundings moves a result by more than its condition.

    In half precision sums fall on the other side of a kink, and maxima tie, where a case keeps
    away from both as float64 and float32 see them.
    """
    rng = np.random.Generator(np.random.PCG64(0))
    step = ROUNDINGS * EPS[dtype]
    given = expected.cotangents if expected.gradients else None
    for _ in range(PROBES):
        moves = {
            name: step * np.where(np.isfinite(a), a, 0) * rng.uniform(-1, 1, a.shape)
            for name, a in inputs.items()
            if a.dtype.kind == "f"
        }
        for sign in (1, -1):  # what lies on one side of a kink and comes nearer is moved over it
            moved = {name: inputs[name] + sign * move for name, move in moves.items()}
            near = evaluate(operator, case.at(0), inputs | moved, given)
            if not _near(expected, near, step):
                return True
    return False


def _near(expected: Expected, found: tuple[Arrays, Arrays], step: float) -> bool:
    """Whether all results are as close to the right ones as inputs moved by a step leave them."""
    groups = (
        (found[0], expected.outputs, expected.output_condition),
        (found[1], expected.gradients, expected.gradient_condition),
    )
    return all(
        bool(np.all(np.abs(near[name] - right) <= rounding_bound(right, conditions[name], step)))
        for near, wanted, conditions in groups
        for name, right in wanted.items()
        if right.dtype.kind == "f"
    )


def _holds(attributes: Attributes, dtype: str) -> bool:
    """Whether no attribute, such as an eps, is 0 in the precision where it is not."""
    numbers = [v for v in attributes.values() if isinstance(v, float) and v]
    return dtype != "float16" or all(abs(v) >= 2.0**-24 for v in numbers)


def _fits(arrays: Arrays, dtype: str) -> bool:
    """Whether the numbers are far from the largest one of the precision."""
    return dtype != "float16" or all(
        np.abs(a).max(initial=0.0) < 2.0**12 for a in arrays.values() if a.dtype.kind == "f"
    )


def _peers(subject: str, dtype: str) -> tuple[str, ...]:
    """Right code that a subject is compared with."""
    known = PATHS if dtype == "bfloat16" else SUBJECTS[dtype]
    return tuple(other for other in known if other != subject)


def _peer_results(
    operator: Operator,
    case: Case,
    dtype: str,
    subject: str,
    inputs: Arrays,
    cotangents: Arrays | None,
) -> Iterator[tuple[Arrays, Arrays]]:
    for other in _peers(subject, dtype):
        with contextlib.suppress(NotImplementedHere):
            yield _peer(operator, other, case, dtype)(inputs, cotangents)


def _peer(operator: Operator, subject: str, case: Case, dtype: str) -> Reference:
    if dtype != "bfloat16":
        return runner(operator, subject, case, dtype)
    wider = runner(operator, subject, case, "float32")

    def narrowed(inputs: Arrays, cotangents: Arrays | None) -> tuple[Arrays, Arrays]:
        outputs, gradients = wider(inputs, cotangents)
        return rounded(outputs, dtype), rounded(gradients, dtype)

    return narrowed
