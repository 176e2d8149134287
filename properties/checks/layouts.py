"""The check of memory layouts: what a function gives depends on the values of its arrays alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from properties.implementation import CallFailed, Foreign, Result
from properties.operator import Arrays
from properties.tolerance import OUTPUT_UNIT, check_repeats
from properties.trial import Results, Trial

CANCELLED = 1e3
"""Of how many units results on alike numbers are: nothing but rounding may be left of them."""


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
    constant values themselves.
    """
    spared = {*trial.promise.may_change, *trial.operator.state}
    seed = trial.case.seed // len(trial.promise.layouts)
    inputs = _spread("", trial.inputs(0), spared, seed)
    cotangents = _spread("d", trial.expected().cotangents, spared, seed)
    try:
        first = _called(trial, inputs, "contiguous", cotangents)
    except CallFailed:
        return False
    try:
        layout = " ".join(["broadcast", *sorted(n for n in spared if " " not in n)])
        again = _called(trial, inputs, layout, cotangents)
    except CallFailed as failed:
        failed.message = f"with inputs broadcast by strides of 0, {failed.message}"
        raise
    what = "changes when the inputs are broadcast by strides of 0"
    _check_same(trial, what, first, again, OUTPUT_UNIT, CANCELLED)
    return True


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


def _check_same(
    trial: Trial, what: str, first: Results, again: Results, unit: float = 0.0, slack: float = 1.0
) -> None:
    """Outputs (of the unit given at least) and gradients are those of the first call.

    Raises Failed.
    """
    units = {name: slack * max(trial.output_unit(name), unit) for name in first[0]}
    _check_group(first[0], again[0], "", what, units)
    if first[1] is not None and again[1] is not None:
        units = {name: slack * trial.gradient_unit(name) for name in trial.wanted_gradients}
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
