"""The check of memory layouts: what a function gives depends on the values of its arrays alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from properties.implementation import CallFailed, Foreign, Result
from properties.operator import Arrays
from properties.tolerance import (
    EPS,
    LOGIC_SLACK,
    OUTPUT_UNIT,
    Failed,
    check_repeats,
    rounding_bound,
    within,
)
from properties.trial import Results, Trial

JUMP = 2.0**20
"""A condition above so many times the result is a jump: where numbers are alike, a maximum is tied,
and which of them it is, and what follows from that, is rounding's choice."""


def judge_layouts(trial: Trial) -> bool:
    """The same arrays in another memory layout give the same results."""
    if not trial.promise.layouts or not trial.ran:
        return False
    layout = trial.promise.layout(trial.case.seed)
    if layout == "broadcast":
        return _judge_broadcast(trial)
    step = trial.main.steps[0]
    try:
        again = _called(trial, trial.inputs(0), layout)
    except CallFailed as failed:
        if layout == "big_endian" and failed.status == "crash" and not failed.fatal:
            return False  # to refuse it is right as well
        failed.message = f"with {layout} inputs, {failed.message}"
        raise
    _check_same(
        trial, f"changes when the inputs are {layout}", (step.outputs, step.gradients), again
    )
    return True


def _judge_broadcast(trial: Trial) -> bool:
    """Arrays that are constant along an axis give the same where that axis has a stride of 0.

    What a convention lets a function write to has memory of its own for every element, and so has
    the state, which functions carry on in place. Nothing is said where the function refuses the
    constant values themselves, or where results on them are apart by no more than rounding may move
    them: differences of equal numbers are nothing else. Among equal numbers a place or a best one
    is chosen by rounding, so that functions that give such are handed the case's own values.
    """
    spared = {*trial.promise.may_change, *trial.operator.state}
    seed = trial.case.seed // len(trial.promise.layouts)
    inputs = trial.inputs(0) if _chooses(trial) else _spread("", trial.inputs(0), spared, seed)
    cotangents = _spread("d", trial.expected().cotangents, spared, seed)
    try:
        first = _called(trial, inputs, "contiguous", cotangents)
    except CallFailed:
        return False
    try:
        layout = " ".join(["broadcast", *sorted(n for n in spared if " " not in n)])
        again = _called(trial, inputs, layout, cotangents)
    except CallFailed as failed:
        if failed.status == "side-effect" and not trial.promise.may_change:
            return False  # the property of that name has read-only inputs and says it
        failed.message = f"with inputs broadcast by strides of 0, {failed.message}"
        raise
    what = "changes when the inputs are broadcast by strides of 0"
    try:
        _check_same(trial, what, first, again)
    except Failed:
        if not _by_rounding(trial, inputs, first, again):
            raise
        return False
    return True


def _chooses(trial: Trial) -> bool:
    """Whether there are whole numbers among the outputs, other than counted steps."""
    outputs, state = trial.expected().outputs, trial.operator.state
    return any(array.dtype.kind in "iu" for name, array in outputs.items() if name not in state)


def _spread(prefix: str, arrays: Arrays, spared: set[str], seed: int) -> Arrays:
    """Arrays whose floating ones, but for those spared, are constant along an axis."""
    return {
        name: _constant(array, seed)
        if array.dtype.kind == "f" and array.size and prefix + name not in spared
        else array
        for name, array in arrays.items()
    }


def _constant(array: np.ndarray, seed: int) -> np.ndarray:
    """The array with its first slice all along one of its axes, or its first number everywhere,
    as the gradient of a sum has."""
    axes = [axis for axis, length in enumerate(array.shape) if length > 1]
    chosen = [*((axis,) for axis in axes), tuple(axes)][seed % (len(axes) + 1)]
    first = array[tuple(slice(0, 1 if axis in chosen else None) for axis in range(array.ndim))]
    return np.broadcast_to(first, array.shape).copy()


def _called(trial: Trial, inputs: Arrays, layout: str, cotangents: Arrays | None = None) -> Results:
    trial.implementation.begin(trial.case.seed)
    return trial.once(inputs, layout, cotangents)


def _by_rounding(trial: Trial, inputs: Arrays, first: Results, again: Results) -> bool:
    """Whether the condition of the problem with these inputs explains how two results differ."""
    altered = Trial(trial.operator, trial.implementation, trial.promise, trial.case, {0: inputs})
    expected = altered.expected()
    conditions = (expected.output_condition, expected.gradient_condition)
    wanted = (expected.outputs, {n: expected.gradients[n] for n in trial.wanted_gradients})
    if any(_jumps(a, conditions[0][name]) for name, a in expected.outputs.items()):
        return True  # whole numbers that come with it may be others as well
    return all(
        _near(
            trial,
            (one.get(name), other.get(name)),
            (right, conditions[gradient][name]),
            trial.gradient_unit(name) if gradient else OUTPUT_UNIT,
        )
        for gradient, (one, other) in enumerate(zip(first, again, strict=True))
        if one is not None and other is not None
        for name, right in wanted[gradient].items()
    )


def _jumps(right: np.ndarray, condition: np.ndarray) -> bool:
    """Whether the least change of the inputs gives another result."""
    largest = np.abs(right).max(initial=0.0) + OUTPUT_UNIT
    return not condition.max(initial=0.0) <= JUMP * largest  # a nan is one as well


def _near(
    trial: Trial, results: tuple[Result, Result], of: tuple[np.ndarray, np.ndarray], unit: float
) -> bool:
    """Whether two results are equal but for rounding, or to be so may not be asked of them."""
    (one, other), (right, condition) = results, of
    if not isinstance(one, np.ndarray) or not isinstance(other, np.ndarray):
        return bool(one == other)
    if one.shape != right.shape or other.shape != right.shape:
        return False
    if _jumps(right, condition) or not np.isfinite(one).all():
        return True
    eps = EPS["float32"] if trial.in_single(one) else EPS["float64"] * LOGIC_SLACK
    return within(other, one, rounding_bound(right, condition, eps, unit=unit))


def _check_same(trial: Trial, what: str, first: Results, again: Results) -> None:
    """Outputs and gradients are those of the first call. Raises Failed."""
    units = {name: trial.output_unit(name) for name in first[0]}
    _check_group(first[0], again[0], "", what, units)
    if first[1] is not None and again[1] is not None:
        units = {name: trial.gradient_unit(name) for name in trial.wanted_gradients}
        _check_group(first[1], again[1], "d", what, units)


def _check_group(
    first: Mapping[str, Result],
    again: Mapping[str, Result],
    prefix: str,
    what: str,
    units: Mapping[str, float],
) -> None:
    none = Foreign("None")
    for name, unit in units.items():
        before, now = first.get(name, none), again.get(name, none)
        check_repeats(prefix + name, what, before, now, unit)
