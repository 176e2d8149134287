"""TF32 where it is asked for: tensors on a device, against the float64 oracle on the CPU."""

from __future__ import annotations

import numpy as np

from properties.checks.property import Property
from properties.checks.values import forward_holds, gradients_hold
from properties.low_precision import REGIMES
from properties.operator import Arrays
from properties.peers import cast
from properties.tf32 import TF32, costs, multiplies, tf32_bound
from properties.tolerance import OUTPUT_UNIT, Failed, check_kind, check_values
from properties.trial import Results, Trial


def judge_tf32(trial: Trial) -> bool:
    """Step 0 with TF32 turned on, where something is multiplied and float64 is right."""
    operator, at, inputs = trial.operator, trial.case.at(0), trial.inputs(0)
    if TF32 not in trial.promise.dtypes or operator.evidence or not forward_holds(trial):
        return False
    if not trial.expected().finite or not multiplies(operator, at, inputs):
        return False
    allowed = costs(operator, at, inputs, trial.expected())
    if not all(np.isfinite(cost).all() for group in allowed for cost in group.values()):
        return False
    results = _called(trial)
    for gradient, wanted in enumerate((trial.expected().outputs, trial.expected().gradients)):
        got = results[gradient]
        if got is None or (gradient and not gradients_hold(trial)):
            continue
        names = trial.wanted_gradients if gradient else tuple(wanted)
        for name in (n for n in names if wanted[n].dtype.kind == "f"):
            _check(trial, got.get(name), name, bool(gradient), allowed[gradient])
    return True


def _called(trial: Trial) -> Results:
    trial.main  # noqa: B018  (comes first: each run forgets the tokens of the one before)
    trial.implementation.begin(trial.case.seed)
    return trial.once(cast(trial.inputs(0), "float32"), TF32)


def _check(trial: Trial, result: object, name: str, gradient: bool, allowed: Arrays) -> None:
    expected = trial.expected()
    right = (expected.gradients if gradient else expected.outputs)[name]
    condition = (expected.gradient_condition if gradient else expected.output_condition)[name]
    unit = trial.gradient_unit(name) if gradient else OUTPUT_UNIT / 4
    shown = f"d{name}" if gradient else name
    try:
        check_kind(shown, result, right)
        assert isinstance(result, np.ndarray)
        check_values(shown, result, right, tf32_bound(right, condition, allowed[name], unit))
    except Failed as failed:
        failed.message = f"in TF32, {failed.message}"
        raise


IN_TF32 = Property(
    "tf32",
    "unstable",
    "with TF32 on, where asked for, products are as accurate as factors of 10 bits allow",
    judge_tf32,
    REGIMES,
    ("forward",),
    "outputs",
)
