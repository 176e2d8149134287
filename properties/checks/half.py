"""Half precision where it is asked for: float16 and bfloat16 against the float64 oracle."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from properties.checks.property import Property
from properties.checks.values import forward_holds, gradients_hold
from properties.implementation import CallFailed, Result
from properties.low_precision import HALVES, REGIMES, TORCH, Compared, Results, compared
from properties.operator import Arrays
from properties.peers import cast
from properties.promise import Promise
from properties.tolerance import C, Failed, check_kind, check_values
from properties.torch_functions import NAMES
from properties.trial import Trial

NO_KERNEL = "not implemented for"
"""What PyTorch says where it has no kernel of a precision on a device."""


def halves(promise: Promise) -> list[str]:
    """The half precisions that are promised."""
    return [dtype for dtype in HALVES if dtype in promise.dtypes]


def judge_half(trial: Trial) -> bool:
    """Every half precision that is promised, where float64 is right."""
    asked = halves(trial.promise)
    if not asked or trial.operator.evidence or not forward_holds(trial):
        return False
    said = [_judge(trial, dtype) for dtype in asked]
    return any(said)


def _judge(trial: Trial, dtype: str) -> bool:
    of_torch = trial.implementation.name in NAMES.values()
    subject = TORCH if of_torch else trial.implementation.name

    def run(inputs: Arrays, cotangents: Arrays | None) -> Results:
        return _called(trial, dtype, inputs, cotangents if gradients_hold(trial) else None)

    try:
        found = compared(trial.operator, trial.case, dtype, subject, run)
    except CallFailed as failed:
        if NO_KERNEL in str(failed):
            return False
        raise
    for one in found or ():
        _check(one, dtype)
    return bool(found)


def _called(trial: Trial, dtype: str, inputs: Arrays, cotangents: Arrays | None) -> Results:
    """Outputs and gradients of step 0 in a half precision. Raises CallFailed."""
    layout, carried = HALVES[dtype]
    handed = cast(inputs, carried)
    trial.main  # noqa: B018  (comes first: each run forgets the tokens of the one before)
    trial.implementation.begin(trial.case.seed)
    if cotangents is None:
        outputs, _ = trial.implementation.forward(trial.case.at(0), handed, layout)
        return _promised(outputs, trial.promise.outputs), {}
    outputs, gradients = trial.once(handed, layout, cotangents)
    return (
        _promised(outputs, trial.promise.outputs),
        _promised(gradients or {}, trial.promise.gradients),
    )


def _promised(results: Mapping[str, Result], names: tuple[str, ...] | None) -> Mapping[str, Result]:
    return results if names is None else {n: r for n, r in results.items() if n in names}


def _check(one: Compared, dtype: str) -> None:
    shown = f"d{one.name}" if one.gradient else one.name
    try:
        check_kind(shown, one.got, one.right)
        assert isinstance(one.got, np.ndarray)
        check_values(shown, one.got, one.right, C * one.unit)
    except Failed as failed:
        failed.message = f"in {dtype}, {failed.message}"
        raise


HALF_PRECISION = Property(
    "half_precision",
    "unstable",
    "float16 and bfloat16, where asked for, are as accurate as the problem allows",
    judge_half,
    REGIMES,
    ("forward",),
    "outputs",
)
