"""Checks of what a call leaves behind: changed inputs, spoiled results, caches used twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from properties.checks.property import Property
from properties.implementation import CallFailed, Foreign, Observation, Result
from properties.operator import Arrays
from properties.tolerance import Failed, check_repeats, check_unchanged
from properties.trial import StepRun, Trial
from properties.values import TAME

FRESH_EVERY = 64  # seeds; seed 0 is drawn first, so every function has one case at least
GONE = Foreign("not there")  # an array that an observation does not show
GENERATORS = ("NumPy's random state", "Python's random state", "torch's random state")


def judge_side_effects(trial: Trial) -> bool:
    """Neither the inputs, nor dout, nor global state is changed."""
    if not trial.main.steps:
        return False
    for i, step in enumerate(trial.main.steps):
        for when, seen in _observations(step):
            try:
                _check_effects(trial, i, when, seen)
            except Failed as failed:
                failed.call = when
                raise
    if trial.ran and not trial.promise.may_change:
        _check_readonly(trial)
    return True


def _check_readonly(trial: Trial) -> None:
    """A write that changed nothing this time is refused by read-only inputs."""
    trial.implementation.begin(trial.case.seed)
    try:
        trial.once(trial.inputs(0), "readonly")
    except CallFailed as failed:
        if failed.status == "side-effect":
            raise


def _check_effects(trial: Trial, step: int, when: str, seen: Observation) -> None:
    _check_given("", trial.main.steps[step].inputs, seen.arrays.get("inputs", {}), trial, when)
    if "cotangents" in seen.arrays:
        cotangents = trial.expected(step).cotangents
        _check_given("d", cotangents, seen.arrays["cotangents"], trial, when)
    _check_state(trial, seen, when)


def _observations(step: StepRun) -> list[tuple[str, Observation]]:
    seen = [("forward", step.after_forward), ("backward", step.after_backward)]
    return [(when, observation) for when, observation in seen if observation is not None]


def _check_given(
    prefix: str, given: Arrays, now: Mapping[str, Result], trial: Trial, when: str
) -> None:
    for name, before in given.items():
        if prefix + name not in trial.promise.may_change:
            check_unchanged(
                prefix + name, f"is changed in place by {when}", before, now.get(name, GONE)
            )


def _check_state(trial: Trial, seen: Observation, when: str) -> None:
    allowed = (*trial.promise.may_change, *(GENERATORS if trial.promise.stochastic else ()))
    for what, before in trial.main.state_before.items():
        if seen.state.get(what) != before and what not in allowed:
            raise Failed(f"{what} is changed by {when}")


def _undisturbed(trial: Trial) -> frozenset[str]:
    """Properties that one run of mixed calls shows to hold on a trial.

    Right code needs no more. Where this run finds anything, each property looks for itself, so
    that a failure is told of the one that it belongs to.
    """
    implementation, main = trial.implementation, trial.main
    try:
        implementation.begin(trial.case.seed)
        cotangents = trial.expected().cotangents
        outputs, token = implementation.forward(
            trial.case.at(0), trial.inputs(0), then=cotangents if trial.has_gradients else None
        )
        gradients: dict[str, Result] = {}
        if trial.has_gradients:
            gradients = implementation.backward(token, cotangents)
        _another_call(trial)
        _check_all_kept(outputs, gradients, implementation.observe(token))
        if not gradients or implementation.reusable or trial.promise.cache_once:
            return frozenset({"aliasing"})
        again = implementation.backward(token, cotangents)
        before = main.steps[0].gradients
        assert before is not None
        _check_gradients_repeat(trial, gradients, again, "differs")
        _check_gradients_repeat(trial, before, again, "differs")
    except (Failed, CallFailed):
        return frozenset()
    return frozenset({"aliasing", "backward_twice", "interleaved"})


def _check_all_kept(
    outputs: Mapping[str, Result], gradients: Mapping[str, Result], seen: Observation
) -> None:
    what = "is overwritten by a later call"
    _check_kept("", outputs, seen, "outputs", what)
    _check_kept("d", gradients, seen, "gradients", what)


def judge_aliasing(trial: Trial) -> bool:
    """A result handed out stays as it was when later calls are made."""
    if not trial.ran:
        return False
    run, implementation = trial.main, trial.implementation
    for step in run.steps:
        for when, seen in _observations(step):
            _check_kept("", step.outputs, seen, "outputs", f"is overwritten by {when}")
    if "aliasing" in trial.fact(_undisturbed):
        return True
    implementation.begin(trial.case.seed)
    outputs, token = implementation.forward(trial.case.at(0), trial.inputs(0))
    gradients: dict[str, Result] = {}
    if trial.has_gradients:
        gradients = implementation.backward(token, trial.expected().cotangents)
    _another_call(trial)
    _check_all_kept(outputs, gradients, implementation.observe(token))
    return True


def _check_kept(
    prefix: str, results: Mapping[str, Result], seen: Observation, group: str, what: str
) -> None:
    for name, before in results.items():
        check_unchanged(prefix + name, what, before, seen.arrays.get(group, {}).get(name, GONE))


def _another_call(trial: Trial, layout: str = "contiguous") -> None:
    """Forward (and backward) on other numbers of the same shapes, with the same attributes."""
    other = trial.operator.arrays(trial.case.replace(seed=trial.case.seed + 1))
    if not trial.has_gradients:
        trial.implementation.forward(trial.case.at(0), other, layout)
        return
    cotangents = {name: np.asarray(2 * a) for name, a in trial.expected().cotangents.items()}
    _, token = trial.implementation.forward(trial.case.at(0), other, layout, then=cotangents)
    trial.implementation.backward(token, cotangents, layout)


def judge_backward_twice(trial: Trial) -> bool:
    """A second backward with the same cache gives the same gradients.

    Objects are asked for `judge_reuse` instead: they have no cache to hand over twice.
    """
    if not trial.has_gradients or trial.implementation.reusable or trial.promise.cache_once:
        return False
    if "backward_twice" in trial.fact(_undisturbed):
        return True
    trial.implementation.begin(trial.case.seed)
    _, token = trial.implementation.forward(trial.case.at(0), trial.inputs(0))
    cotangents = trial.expected().cotangents
    first = trial.implementation.backward(token, cotangents)
    again = trial.implementation.backward(token, cotangents)
    _check_gradients_repeat(trial, first, again, "differs when backward is called twice")
    return True


def _check_gradients_repeat(
    trial: Trial, first: Mapping[str, Result], again: Mapping[str, Result], what: str
) -> None:
    none = Foreign("None")
    for name in trial.wanted_gradients:
        check_repeats(f"d{name}", what, first.get(name, none), again.get(name, none))


def judge_interleaved(trial: Trial) -> bool:
    """Two forwards before their backwards: the second does not disturb the first."""
    if not trial.has_gradients:
        return False
    if "interleaved" in trial.fact(_undisturbed):
        return True
    trial.implementation.begin(trial.case.seed)
    _, token = trial.implementation.forward(trial.case.at(0), trial.inputs(0))
    _another_call(trial)
    gradients = trial.implementation.backward(token, trial.expected().cotangents)
    first = trial.main.steps[0].gradients
    assert first is not None
    what = "differs when another forward and backward come before backward"
    _check_gradients_repeat(trial, first, gradients, what)
    return True


def judge_reuse(trial: Trial) -> bool:
    """An object that has done another batch does this one as a new object does."""
    if not trial.ran or trial.promise.stochastic:
        return False
    trial.implementation.begin(trial.case.seed)
    earlier = _other_batch(trial)
    _check_repeats(trial, "differs when its object has done another batch before", after=earlier)
    return True


LEADING = ("batch", "lead", "shape")
"""Attributes that give the number of samples, alone or as the first of several sizes."""


def _other_batch(trial: Trial) -> int:
    """Forward (and backward) on other numbers, and if possible another number of samples."""
    case, attributes = trial.case, dict(trial.case.attributes)
    for name in LEADING:
        size, allowed = attributes.get(name), trial.promise.domain.get(name)
        if isinstance(size, tuple) and size:
            attributes[name] = (size[0] + 1, *size[1:])
        elif isinstance(size, int) and (allowed is None or size + 1 in allowed):
            attributes[name] = size + 1
    larger = case.replace(attributes=attributes, seed=case.seed + 1)
    other = Trial(trial.operator, trial.implementation, trial.promise, larger)
    _, token = trial.implementation.forward(larger.at(0), other.inputs(0))
    if trial.has_gradients:
        trial.implementation.backward(token, other.expected().cotangents)
    return token


def judge_determinism(trial: Trial) -> bool:
    """The same case again gives the same results, also when other numbers came between."""
    if not trial.ran:
        return False
    to_the_bit = trial.promise.same_bits
    if not to_the_bit and trial.fact(_repeats_in_reused_memory):
        return True
    trial.implementation.begin(trial.case.seed)
    if not trial.promise.stochastic:
        _another_call(trial)
    _check_repeats(trial, "differs when the same call is made again", to_the_bit=to_the_bit)
    return True


def _check_repeats(
    trial: Trial,
    what: str,
    layout: str = "contiguous",
    after: int | None = None,
    to_the_bit: bool = False,
) -> None:
    """Step 0 once more gives what the main run gave, up to the last bits if not to the bit."""
    implementation, first, none = trial.implementation, trial.main.steps[0], Foreign("None")
    then = trial.expected().cotangents if trial.has_gradients else None
    outputs, token = implementation.forward(
        trial.case.at(0), trial.inputs(0), layout, after, then=then
    )
    for name, before in first.outputs.items():
        now = outputs.get(name, none)
        if to_the_bit:
            check_unchanged(name, what, before, now)
        check_repeats(name, what, before, now, trial.output_unit(name))
    if trial.has_gradients:
        assert first.gradients is not None
        gradients = implementation.backward(token, trial.expected().cotangents, layout)
        for name in trial.wanted_gradients if to_the_bit else ():
            before = first.gradients.get(name, none)
            check_unchanged(f"d{name}", what, before, gradients.get(name, none))
        _check_gradients_repeat(trial, first.gradients, gradients, what)


def _repeats_in_reused_memory(trial: Trial) -> bool:
    """Whether one run finds nothing for either of two properties, as `_undisturbed` does."""
    try:
        trial.implementation.begin(trial.case.seed)
        _another_call(trial, "reused")
        if trial.promise.stochastic:
            trial.implementation.begin(trial.case.seed)
        _check_repeats(trial, "differs", "reused")
    except (Failed, CallFailed):
        return False
    return True


def judge_reused_memory(trial: Trial) -> bool:
    """The same results in memory that held other numbers of the same shapes a call before."""
    if not trial.ran:
        return False
    if trial.fact(_repeats_in_reused_memory):
        return True
    implementation = trial.implementation
    implementation.begin(trial.case.seed)
    _another_call(trial, "reused")
    implementation.begin(trial.case.seed)
    _check_repeats(trial, "differs in memory that held other numbers before", "reused")
    return True


def judge_fresh_process(trial: Trial) -> bool:
    """One case in so many gives the same results in a process that has made no call before."""
    implementation: Any = trial.implementation
    if not trial.ran or trial.case.seed % FRESH_EVERY:
        return False
    implementation.renew()
    trial.implementation.begin(trial.case.seed)
    _check_repeats(trial, "differs in a fresh process")
    return True


_SOME = ("integers", "normal")
PROPERTIES = (
    Property(
        "side_effects",
        "side-effect",
        "inputs, dout and global state stay as they were",
        judge_side_effects,
        (*TAME, "kinks"),
    ),
    Property(
        "aliasing",
        "side-effect",
        "results stay as they were when later calls are made",
        judge_aliasing,
        _SOME,
    ),
    Property(
        "backward_twice",
        "side-effect",
        "a cache may be used twice",
        judge_backward_twice,
        _SOME,
        about="differentiable",
    ),
    Property(
        "interleaved",
        "side-effect",
        "two forwards before their backwards do not disturb each other",
        judge_interleaved,
        _SOME,
        about="differentiable",
    ),
    Property(
        "reuse",
        "side-effect",
        "an object does a later batch as a new object does",
        judge_reuse,
        _SOME,
        asks_for="reusable",
    ),
    Property(
        "determinism",
        "nondeterministic",
        "the same call gives the same result",
        judge_determinism,
        _SOME,
    ),
    Property(
        "reused_memory",
        "nondeterministic",
        "results do not depend on what the same memory held before",
        judge_reused_memory,
        _SOME,
    ),
    Property(
        "fresh_process",
        "nondeterministic",
        "results do not depend on the calls made before",
        judge_fresh_process,
        _SOME,
        asks_for="renew",
    ),
)
