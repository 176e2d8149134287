"""Checks without an oracle: the laws of an operator, and the complex step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from properties.checks.property import Property
from properties.checks.values import forward_holds, gradients_hold, in_double
from properties.implementation import Foreign, Result
from properties.operator import Arrays, Law
from properties.tolerance import Failed, check_kind, check_values
from properties.trial import Trial
from properties.values import TAME

LAW_TOLERANCE = 1e-9
IN_SINGLE = 1e-3  # where float32 may have been mixed in, and one result was met by luck
STEP = 1e-40  # far below rounding: the complex step subtracts nothing


class Caller:
    """Calls the implementation of a trial for its laws; `kept` is theirs to share results in."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self.kept: dict[str, dict[str, Result]] = {}

    def __call__(self, inputs: Arrays, **attributes: Any) -> dict[str, Result]:
        implementation = self._trial.implementation
        outputs, token = implementation.forward({**self._trial.case.at(0), **attributes}, inputs)
        implementation.drop(token)
        return _arrays(outputs, "")

    def gradients(self, inputs: Arrays, cotangents: Arrays, **attributes: Any) -> dict[str, Result]:
        implementation = self._trial.implementation
        at = {**self._trial.case.at(0), **attributes}
        _, token = implementation.forward(at, inputs)
        return _arrays(implementation.backward(token, cotangents), "d")


def _arrays(results: Mapping[str, Result], prefix: str) -> dict[str, np.ndarray]:
    """The results themselves, if a law can compute with them."""
    for name, result in results.items():
        if isinstance(result, Foreign):
            raise Failed(f"{prefix}{name} is {result.kind}, expected an array", prefix + name)
    return dict(results)


def judge_laws(trial: Trial) -> bool:
    """Every law of the operator that the case admits."""
    laws = [law for law in trial.operator.laws if law.applies(trial.case)]
    if not laws or not forward_holds(trial):
        return False
    if not in_double(trial):
        return False  # laws compare sums that cancel, which float32 has no digits for
    laws = [law for law in laws if not law.needs_backward or gradients_hold(trial)]
    run = Caller(trial)
    for law in laws:
        trial.implementation.begin(trial.case.seed)
        try:
            _check_law(law, trial, run)
        except Failed as failed:
            failed.message = f"{law.name} does not hold ({law.explanation}): {failed.message}"
            raise
    return True


def _check_law(law: Law, trial: Trial, run: Caller) -> None:
    pairs = law.pairs(run, trial.case, dict(trial.inputs(0)))
    while True:
        try:
            what, got, expected = next(pairs)
        except StopIteration:
            return
        except (ValueError, IndexError) as error:
            raise Failed(f"results of related calls do not fit together: {error}") from None
        check_kind(what, got, expected)
        size = np.abs(expected)
        tolerance = IN_SINGLE if trial.promise.mixed else LAW_TOLERANCE
        bound = tolerance * (1 + size + (size.mean() if size.size else 0.0))
        check_values(what, got, expected, bound)


def judge_complex_step(trial: Trial) -> bool:
    """A formula written for complex numbers gives its own derivative, exact to rounding."""
    if not trial.has_gradients:
        return False
    expected, step = trial.expected(), trial.main.steps[0]
    assert step.gradients is not None
    rng = np.random.Generator(np.random.PCG64(trial.case.seed))
    for name in trial.wanted_gradients:
        direction = rng.standard_normal(step.inputs[name].shape)
        along = _derivative(trial, name, direction)
        slope = sum(
            float(np.sum(cotangent * along[output]))
            for output, cotangent in expected.cotangents.items()
        )
        terms = step.gradients[name] * direction
        got = np.asarray(terms.sum())
        noise = np.abs(expected.gradient_condition[name] * direction).sum()
        size = np.abs(terms).sum() + abs(slope) + noise + expected.unit
        check_values(f"d{name} along a direction", got, np.asarray(slope), 1e-12 * size)
    return True


def _derivative(trial: Trial, name: str, direction: np.ndarray) -> dict[str, np.ndarray]:
    inputs = {n: a + 0j if a.dtype.kind == "f" else a for n, a in trial.inputs(0).items()}
    inputs[name] = inputs[name] + 1j * STEP * direction
    outputs, token = trial.implementation.forward(trial.case.at(0), inputs)
    trial.implementation.drop(token)
    return {n: np.asarray(a).imag / STEP for n, a in outputs.items()}


PROPERTIES = (
    Property("laws", "wrong", "the operator's laws hold", judge_laws, TAME, ("forward",), "laws"),
    Property(
        "complex_step",
        "wrong",
        "backward is the derivative of forward by the complex step",
        judge_complex_step,
        TAME,
        ("forward",),
        "differentiable",
        asks_for="complex_step",
    ),
)
