"""A trial: one case on one implementation. Its runs are shared by the properties judged on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from properties.case import Case
from properties.implementation import CallFailed, Foreign, Implementation, Observation, Result
from properties.operator import Arrays, Operator
from properties.oracle import Expected, expect
from properties.peers import cast, peer_errors
from properties.promise import Promise
from properties.tolerance import Failed, check_kind

T = TypeVar("T")

Results = tuple[dict[str, Result], dict[str, Result] | None]
"""Outputs, and gradients where a backward was called."""

TERMS = 16  # how much larger than all gradients the terms may be of one that cancels


@dataclass
class StepRun:
    """What one step of a run gave."""

    inputs: Arrays
    outputs: dict[str, Result]
    token: int
    gradients: dict[str, Result] | None = None
    after_forward: Observation | None = None
    after_backward: Observation | None = None


@dataclass
class Run:
    """A forward call a step, then a backward call a step; `error` is what stopped it."""

    steps: list[StepRun] = field(default_factory=list)
    state_before: Mapping[str, str] = field(default_factory=dict)
    forward_error: CallFailed | Failed | None = None
    backward_error: CallFailed | None = None


class Trial:
    """One case on one implementation within a promise.

    `shown` holds, for each step, what another implementation showed as evidence: handed in here,
    both do the same where that may be given.
    """

    def __init__(
        self,
        operator: Operator,
        implementation: Implementation,
        promise: Promise,
        case: Case,
        shown: Mapping[int, Arrays] | None = None,
    ) -> None:
        self.operator, self.implementation = operator, implementation
        self.promise, self.case = promise, case
        self._shown = shown or {}
        self._run: Run | None = None

    def fact(self, find: Callable[[Trial], T]) -> T:
        """What a function finds of this trial; it is called once."""
        if find not in self._facts:
            self._facts[find] = find(self)
        found: T = self._facts[find]
        return found

    @cached_property
    def _facts(self) -> dict[Callable[[Trial], Any], Any]:
        return {}

    @cached_property
    def wanted_gradients(self) -> tuple[str, ...]:
        """The inputs whose gradients are asked for."""
        promised = self.promise.gradients
        return tuple(
            name
            for name in self.operator.differentiable
            if name in self.inputs(0) and (promised is None or name in promised)
        )

    def inputs(self, step: int) -> Arrays:
        """Fresh inputs of a step, the initial state included."""
        if step not in self._inputs:
            arrays = self.operator.arrays(self.case, step)
            self._inputs[step] = arrays | dict(self._shown.get(step, {}))
        return self._inputs[step]

    @cached_property
    def _inputs(self) -> dict[int, Arrays]:
        return {}

    @cached_property
    def _expected(self) -> dict[int, Expected]:
        return {}

    def expected(self, step: int = 0) -> Expected:
        """What the oracle gives at a step, on the oracle's own trajectory of states."""
        if step not in self._expected:
            inputs = self.oracle_inputs(step)
            backward = bool(self.wanted_gradients) and self._backward_at(step)
            self._expected[step] = expect(
                self.operator, self.case, step, inputs, backward, self.promise.outputs
            )
        return self._expected[step]

    def gradient_unit(self, name: str, step: int = 0) -> float:
        """What the gradient of an input is a multiple of, or a sum of, where its terms cancel."""
        if name not in self.operator.cancelling(self.case.at(step)):
            return self.expected(step).unit
        return self._largest_terms(step)

    def output_unit(self, name: str) -> float:
        """What an output of step 0 is a multiple of, or 0; what is learned is made of gradients."""
        return self._largest_terms(0) if name in self.operator.learned else 0.0

    def cancelled_unit(self, name: str) -> float:
        """The same of what is learned of a gradient whose terms cancel, and 0 for all others."""
        parameter = name.rpartition("_")[2]  # b2, and its velocity_b2
        cancels = parameter in self.operator.cancelling(self.case.at(0))
        return self.output_unit(name) if cancels else 0.0

    def _largest_terms(self, step: int) -> float:
        expected = self.expected(step)
        sizes = (float(np.abs(g).max(initial=0.0)) for g in expected.gradients.values())
        return max(expected.unit, TERMS * max(sizes, default=0.0))

    def oracle_inputs(self, step: int) -> Arrays:
        """What the oracle is given at a step: its own state, and the evidence. Raises Failed."""
        inputs = dict(self.inputs(step))
        if step and self.operator.state:
            before = self.expected(step - 1).state
            inputs.update({n: before[n] for n in self.operator.state if n in inputs})
        return inputs | self.evidence(step)

    def evidence(self, step: int) -> Arrays:
        """What only the implementation knows, as its own run showed it. Raises Failed.

        What it was given under that name is no evidence.
        """
        wanted = [name for name in self.operator.evidence if name not in self.inputs(step)]
        if not wanted:
            return {}
        if self._run is None:
            self.main  # noqa: B018  (the run is the evidence)
        assert self._run is not None
        shown = self._run.steps[step].outputs
        for name in wanted:
            if not isinstance(shown.get(name), np.ndarray):
                raise Failed(f"{name} is {shown.get(name, 'missing')}, expected an array", name)
        return {name: shown[name] for name in wanted}

    def peer_errors(self, step: int = 0) -> tuple[Arrays, Arrays] | None:
        """What a step costs right code in float32, or None where that overflows."""
        if step not in self._peer_errors:
            self._peer_errors[step] = peer_errors(
                self.operator,
                self.case.at(step),
                self.oracle_inputs(step),
                self.expected(step),
                "float32",
                self.implementation.name,
            )
        return self._peer_errors[step]

    @cached_property
    def _peer_errors(self) -> dict[int, tuple[Arrays, Arrays] | None]:
        return {}

    def in_single(self, result: Result) -> bool:
        """Whether a result need be no more precise than float32.

        It is float32 of its own accord, in a convention that computes so, or may be mixed of both.
        """
        if "float64" in self.promise.dtypes or not isinstance(result, np.ndarray):
            return False
        return self.promise.mixed or result.dtype == np.float32

    @cached_property
    def main(self) -> Run:
        """The case as it stands, in float64."""
        run = self._run = Run()
        self.implementation.begin(self.case.seed, observed=True)
        try:
            self._forwards(run)
        except (CallFailed, Failed) as error:
            run.forward_error = error
        if self.wanted_gradients and not isinstance(run.forward_error, CallFailed):
            try:
                self._backwards(run)
            except CallFailed as error:
                run.backward_error = error
        return run

    def _forwards(self, run: Run) -> None:
        state: Arrays = {}
        for i in range(len(self.case.steps)):
            inputs = {**self.inputs(i), **state}
            outputs, token = self.implementation.forward(self.case.at(i), inputs, observed=True)
            run.state_before = self.implementation.state_before
            step = StepRun(inputs, outputs, token)
            run.steps.append(step)
            step.after_forward = self.implementation.observe(token)
            for name in self.operator.state if i + 1 < len(self.case.steps) else ():
                if name in inputs and not self._shows(name):
                    state[name] = self.expected(i).state[name]  # it keeps its own to itself
                elif name in inputs:
                    check_kind(name, outputs.get(name, Foreign("missing")), inputs[name])
                    state[name] = outputs[name]

    def _shows(self, output: str) -> bool:
        return self.promise.outputs is None or output in self.promise.outputs

    def _backwards(self, run: Run) -> None:
        for i, step in enumerate(run.steps):
            if not self._backward_at(i):
                continue
            cotangents = self.expected(i).cotangents
            step.gradients = self.implementation.backward(step.token, cotangents, observed=True)
            step.after_backward = self.implementation.observe(step.token)

    def _backward_at(self, step: int) -> bool:
        return self.promise.backward_at(self.case.at(step))

    @cached_property
    def single(self) -> Results:
        """Outputs and gradients of step 0 in float32. Raises CallFailed."""
        self.main  # noqa: B018  (comes first: each run forgets the tokens of the one before)
        self.implementation.begin(self.case.seed)
        return self.once(cast(self.inputs(0), "float32"))

    @property
    def single_comparable(self) -> bool:
        """Whether the run in float32 drew what the main run drew: then one oracle serves both."""
        outputs = self.single[0]
        return all(
            isinstance(outputs.get(name), np.ndarray) and np.array_equal(outputs[name], array)
            for name, array in self.evidence(0).items()
        )

    def once(
        self, inputs: Arrays, layout: str = "contiguous", cotangents: Arrays | None = None
    ) -> Results:
        """One forward and, where the main run had one, one backward, of step 0.

        cotangents: others than those of the case, in the dtype of the inputs.
        """
        if not self.has_gradients:
            return self.implementation.forward(self.case.at(0), inputs, layout)[0], None
        dtype = next(a.dtype.name for a in inputs.values() if a.dtype.kind == "f")
        given = self.expected().cotangents if cotangents is None else cotangents
        cotangents = cast(given, dtype)
        outputs, token = self.implementation.forward(
            self.case.at(0), inputs, layout, then=cotangents
        )
        return outputs, self.implementation.backward(token, cotangents, layout)

    @property
    def ran(self) -> bool:
        """Whether the main run got through its forward calls."""
        return self.main.forward_error is None

    @property
    def has_gradients(self) -> bool:
        """Whether the main run got through its backward calls."""
        return self.ran and bool(self.main.steps[0].gradients)
