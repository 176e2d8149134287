"""Checks of values: shape, forward, gradient, precision, stability, kinks, steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from properties.checks.layouts import judge_layouts
from properties.checks.property import Property
from properties.implementation import CallFailed, Foreign, Result
from properties.operator import Arrays
from properties.sizes import SIZE_SEED
from properties.tolerance import (
    EPS,
    EXACT_GRID,
    LOGIC_SLACK,
    OUTPUT_UNIT,
    Failed,
    check_kind,
    check_values,
    on_grid,
    rounding_bound,
    within,
)
from properties.trial import Trial
from properties.values import TAME, WILD

SECONDS_AT_SIZE = 3.0
LOGIC_EPS = EPS["float64"] * LOGIC_SLACK
TOO_NEAR = 1e-4  # what rounding in float32 may add up to over some steps of training


def judge_shape(trial: Trial) -> bool:
    """Every output and gradient of the first step is a plain array of the right shape."""
    if _in_float32_alone(trial) and _undecided(trial):
        return False
    for error in (trial.main.forward_error, trial.main.backward_error):
        if isinstance(error, Failed):
            _check_what_state_comes_from(trial)
        if isinstance(error, Failed) or (error and error.status == "wrong"):
            raise error
    if not trial.ran:
        return False
    _check_output_kinds(trial)
    _check_gradient_kinds(trial)
    return True


def _check_what_state_comes_from(trial: Trial) -> None:
    """The last step, whose state cannot be handed on: a gradient that is None is the reason."""
    step = len(trial.main.steps) - 1
    _check_output_kinds(trial, step, with_state=False)
    _check_gradient_kinds(trial, step)


def _check_output_kinds(trial: Trial, step: int = 0, *, with_state: bool = True) -> None:
    """State is handed back by conventions even where nothing is written yet, so it comes last."""
    outputs, state = trial.expected(step).outputs, trial.operator.state
    results = trial.main.steps[step].outputs
    _check_kinds(results, {n: a for n, a in outputs.items() if n not in state}, "")
    if with_state:
        _check_kinds(results, outputs, "")


def _check_gradient_kinds(trial: Trial, step: int = 0) -> None:
    gradients = trial.main.steps[step].gradients
    if gradients is not None:
        _check_kinds(gradients, _wanted(trial, trial.expected(step).gradients), "d")


def outputs_have_right_kind(trial: Trial) -> bool:
    """Whether the outputs of the first step can be compared at all."""
    if not trial.ran:
        return False
    try:
        _check_output_kinds(trial)
    except Failed:
        return False
    return True


def gradients_have_right_kind(trial: Trial) -> bool:
    """Whether the gradients of the first step can be compared at all."""
    if not trial.has_gradients:
        return False
    try:
        _check_gradient_kinds(trial)
    except Failed:
        return False
    return True


def _check_kinds(results: Mapping[str, Result], expected: Arrays, prefix: str) -> None:
    none = Foreign("None")
    found = {name: results.get(name, none) for name in expected}
    absent = [name for name, result in found.items() if isinstance(result, Foreign)]
    for name, result in found.items():
        if name in absent and result == none and len(absent) < len(found):
            raise Failed(f"{prefix}{name} is None where other results are arrays", prefix + name)
        check_kind(prefix + name, result, expected[name])


def _wanted(trial: Trial, gradients: Arrays) -> Arrays:
    return {name: gradients[name] for name in trial.wanted_gradients if name in gradients}


def judge_forward(trial: Trial) -> bool:
    """The outputs of the first step, in float64."""
    error = trial.main.forward_error
    if isinstance(error, CallFailed) and error.status != "wrong":
        raise error
    if not outputs_have_right_kind(trial):
        return False
    if _in_float32_alone(trial) and _undecided(trial):
        return False
    _check_outputs(trial)
    return True


def judge_gradient(trial: Trial) -> bool:
    """Every gradient of every step whose forward is right, in float64."""
    if not trial.wanted_gradients or not forward_holds(trial):
        return False
    error = trial.main.backward_error
    if error and error.status != "wrong":
        raise error
    if not gradients_have_right_kind(trial):
        return False
    for i, step in enumerate(trial.main.steps):
        if step.gradients:
            _check_gradients(trial, i, trial.wanted_gradients)
    return True


def forward_holds(trial: Trial) -> bool:
    """Whether the outputs of every step are right, so that a gradient can be asked for."""
    return trial.fact(_forward_holds)


def _forward_holds(trial: Trial) -> bool:
    try:
        if not trial.ran:
            return False
        for i in range(len(trial.main.steps)):
            _check_output_kinds(trial, i)
            _check_outputs(trial, i)
    except Failed:
        return False
    return True


def _check_outputs(trial: Trial, step: int = 0) -> None:
    expected = trial.expected(step)
    if not expected.finite:
        return
    for name, wanted in expected.outputs.items():
        if name in trial.operator.learned and step == 0:
            continue  # a wrong gradient is the gradient's property
        result = trial.main.steps[step].outputs[name]
        bound = _bound(trial, step, name, result)
        if bound is not None:
            check_values(name, result, wanted, bound)


def _check_gradients(trial: Trial, step: int, names: tuple[str, ...]) -> None:
    expected, gradients = trial.expected(step), trial.main.steps[step].gradients or {}
    for name in names:
        bound = _bound(trial, step, name, gradients[name], gradient=True)
        if bound is not None:
            check_values(f"d{name}", gradients[name], expected.gradients[name], bound)


def _bound(
    trial: Trial, step: int, name: str, result: np.ndarray, gradient: bool = False
) -> np.ndarray | None:
    """How far a result of the main run may be off, or None where its precision overflows.

    Its condition is asked for only where the result needs it. Where the oracle's own result is
    float32 (of an image in bytes), right code is no more precise.
    """
    expected = trial.expected(step)
    wanted = (expected.gradients if gradient else expected.outputs)[name]
    lower = trial.in_single(result) or wanted.dtype == np.float32
    eps = EPS["float32"] if lower else LOGIC_EPS
    unit = trial.gradient_unit(name, step) if gradient else OUTPUT_UNIT
    least = rounding_bound(wanted, None, eps, unit=unit)
    if within(result, wanted, least):
        return least
    peers = trial.peer_errors(step) if lower else None
    if lower and peers is None:
        return None
    condition = (expected.gradient_condition if gradient else expected.output_condition)[name]
    return rounding_bound(wanted, condition, eps, peers[gradient][name] if peers else 0.0, unit)


def in_double(trial: Trial) -> bool:
    """Whether the main run computes in float64, also where its convention need not."""
    step, expected = trial.main.steps[0], trial.expected()
    return all(
        not trial.in_single(result)
        or (
            result.dtype != np.float32
            and within(result, wanted, rounding_bound(wanted, None, LOGIC_EPS))
        )
        for name, wanted in expected.outputs.items()
        for result in [step.outputs[name]]
    )


def judge_integers(trial: Trial) -> bool:
    """Integer results in float32 are met so closely that no index mistake hides in rounding."""
    expected = trial.expected()
    groups = [("", expected.outputs), ("d", _wanted(trial, expected.gradients))]
    exact = [(prefix, name, a) for prefix, group in groups for name, a in group.items()]
    if not forward_holds(trial) or not all(on_grid(a) for _, _, a in exact):
        return False
    if trial.has_gradients and not gradients_have_right_kind(trial):
        return False
    if not trial.single_comparable:
        return False
    outputs, gradients = trial.single
    for prefix, name, wanted in exact:
        results = outputs if prefix == "" else gradients
        if results is not None:
            check_kind(prefix + name, results.get(name, Foreign("None")), wanted)
            check_values(prefix + name, results[name], wanted, 0.25 / EXACT_GRID)
    return True


def judge_dtype(trial: Trial) -> bool:
    """float32 stays float32 and float64 stays float64, where that is promised."""
    if not trial.promise.keeps_dtype or not outputs_have_right_kind(trial):
        return False
    if not any(array.dtype.kind == "f" for array in trial.inputs(0).values()):
        return False  # ids have no precision to keep
    if trial.has_gradients and not gradients_have_right_kind(trial):
        return False
    step = trial.main.steps[0]
    runs = [("float64", step.outputs, step.gradients)]
    if "float32" in trial.promise.dtypes:
        runs.append(("float32", *trial.single))
    for dtype, outputs, gradients in runs:
        for name, result in _floating(trial, outputs, gradients):
            if result.dtype != dtype:
                raise Failed(f"{name} is {result.dtype} where the inputs are {dtype}", name)
    return True


def _floating(
    trial: Trial, outputs: Mapping[str, Result], gradients: Mapping[str, Result] | None
) -> Iterator[tuple[str, np.ndarray]]:
    for name, wanted in trial.expected().outputs.items():
        if wanted.dtype.kind == "f":
            yield name, outputs[name]
    for name in trial.wanted_gradients if gradients is not None else ():
        assert gradients is not None
        yield f"d{name}", gradients[name]


def judge_steps(trial: Trial) -> bool:
    """Outputs and state after the second and later steps."""
    if len(trial.case.steps) < 2 or not trial.ran:
        return False
    try:
        _check_output_kinds(trial)
        _check_outputs(trial)
    except Failed:
        return False
    for i in range(1, len(trial.main.steps)):
        try:
            _check_output_kinds(trial, i)
            _check_outputs(trial, i)
        except Failed as failed:
            failed.message = f"at step {i + 1}, {failed.message}"
            raise
    return True


def judge_kinks(trial: Trial) -> bool:
    """Gradients where they are a choice: PyTorch's where promised, else what any choice obeys."""
    operator = trial.operator
    if not operator.kinked or not forward_holds(trial) or not gradients_have_right_kind(trial):
        return False
    step, expected = trial.main.steps[0], trial.expected()
    assert step.gradients is not None
    smooth = tuple(n for n in trial.wanted_gradients if n not in operator.kinked)
    _check_gradients(trial, 0, smooth)
    for name in [n for n in trial.wanted_gradients if n in operator.kinked]:
        if trial.promise.kinks == "torch":
            wanted = expected.gradients[name]
            size = np.abs(wanted)
            eps = 1e-5 if trial.in_single(step.gradients[name]) else 1e-9
            bound = eps * (size + (size.mean() if size.size else 0.0) + 1e-3)
            check_values(f"d{name}", step.gradients[name], wanted, bound)
    if trial.promise.kinks != "torch" and operator.weak_kinks is not None:
        attributes = trial.case.at(0)
        wrong = operator.weak_kinks(
            attributes, step.inputs, expected.outputs, expected.cotangents, step.gradients
        )
        if wrong:
            raise Failed(wrong, f"d{operator.kinked[0]}")
    return True


def judge_precision(trial: Trial) -> bool:
    """The first step in float32, against the float64 oracle on the same numbers."""
    if "float32" not in trial.promise.dtypes or not forward_holds(trial):
        return False
    expected = trial.expected()
    if not expected.finite or not trial.single_comparable or _undecided(trial):
        return False
    outputs, gradients = trial.single
    pairs = [(False, outputs, expected.outputs)]
    if gradients is not None and gradients_hold(trial):
        pairs.append((True, gradients, _wanted(trial, expected.gradients)))
    try:
        return all(
            _check_single(trial, name, results, array, gradient)
            for gradient, results, wanted in pairs
            for name, array in wanted.items()
        )
    except Failed as failed:
        failed.message = f"in float32, {failed.message}"
        raise


def _in_float32_alone(trial: Trial) -> bool:
    return "float64" not in trial.promise.dtypes


def _undecided(trial: Trial) -> bool:
    """Whether the oracle compared numbers that float32 may not tell apart."""
    margin = trial.operator.margin
    return margin is not None and margin(trial.case.at(0), trial.expected().outputs) < TOO_NEAR


def _check_single(
    trial: Trial, name: str, results: Mapping[str, Result], wanted: np.ndarray, gradient: bool
) -> bool:
    """Whether a float32 result can be judged: right code may overflow. Raises Failed."""
    expected, shown = trial.expected(), f"d{name}" if gradient else name
    learned = max(OUTPUT_UNIT, trial.cancelled_unit(name))
    unit = trial.gradient_unit(name) if gradient else learned
    result = results.get(name, Foreign("None"))
    check_kind(shown, result, wanted)
    if within(result, wanted, rounding_bound(wanted, None, EPS["float32"], unit=unit)):
        return True
    peers = trial.peer_errors()
    if peers is None:
        return False
    condition = (expected.gradient_condition if gradient else expected.output_condition)[name]
    bound = rounding_bound(wanted, condition, EPS["float32"], peers[gradient][name], unit)
    check_values(shown, result, wanted, bound)
    return True


def gradients_hold(trial: Trial) -> bool:
    """Whether there are gradients, and all are right."""
    return trial.fact(_gradients_hold)


def _gradients_hold(trial: Trial) -> bool:
    try:
        return judge_gradient(trial)
    except (Failed, CallFailed):
        return False


def judge_stability(trial: Trial) -> bool:
    """Large values and offsets, in float64 and float32."""
    error = trial.main.forward_error
    if isinstance(error, CallFailed) and error.status not in ("wrong", "missing"):
        raise error
    if not outputs_have_right_kind(trial) or not trial.expected().finite:
        return False
    _check_outputs(trial)
    if gradients_have_right_kind(trial):
        _check_gradients(trial, 0, trial.wanted_gradients)
    judge_precision(trial)
    return True


def judge_sizes(trial: Trial) -> bool:
    """Outputs and gradients at a size of use; only where calls can be limited in time."""
    implementation: Any = trial.implementation
    if trial.case.seed != SIZE_SEED:
        return False
    with implementation.limited(SECONDS_AT_SIZE):
        errors = (trial.main.forward_error, trial.main.backward_error)
    if any(isinstance(error, CallFailed) and error.status == "timeout" for error in errors):
        return False
    try:
        return judge_shape(trial) and judge_forward(trial) and judge_gradient(trial) is not None
    except (Failed, CallFailed) as failed:
        failed.message = f"at a size of use, {failed.message}"
        raise


PROPERTIES = (
    Property("shape", "wrong", "results are plain arrays of the right shape", judge_shape),
    Property("forward", "wrong", "outputs equal the oracle's", judge_forward, (*TAME, "kinks"), ()),
    Property(
        "gradient",
        "wrong",
        "gradients equal autograd's",
        judge_gradient,
        TAME,
        about="differentiable",
    ),
    Property(
        "integers",
        "wrong",
        "integer results are met within 1/64 in float32",
        judge_integers,
        ("integers",),
        ("shape", "forward", "gradient"),
        "outputs",
    ),
    Property(
        "dtype",
        "wrong",
        "the dtype of the inputs is kept",
        judge_dtype,
        ("integers", "normal"),
        about="outputs",
    ),
    Property(
        "steps",
        "wrong",
        "state carried over several calls is right",
        judge_steps,
        TAME,
        ("forward",),
        "state",
    ),
    Property(
        "kinks",
        "wrong",
        "gradients at kinks are admissible",
        judge_kinks,
        ("kinks",),
        ("gradient",),
        "kinked",
    ),
    Property(
        "precision",
        "unstable",
        "float32 is as accurate as the problem allows",
        judge_precision,
        ("constant", "sparse", "normal"),
        ("forward",),
        "outputs",
    ),
    Property(
        "stability",
        "unstable",
        "large values and offsets neither overflow nor cancel",
        judge_stability,
        WILD,
        ("shape", "forward", "gradient"),
        "outputs",
    ),
    Property(
        "layouts",
        "wrong",
        "results do not depend on memory layout",
        judge_layouts,
        (*TAME, "kinks"),
        ("forward", "gradient"),
    ),
    Property(
        "sizes",
        "wrong",
        "outputs and gradients are right at a size of use",
        judge_sizes,
        ("normal",),
        ("shape", "forward", "gradient"),
        "workloads",
        asks_for="limited",
    ),
)
