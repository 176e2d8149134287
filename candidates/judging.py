"""Judge one spelling of a candidate: a row for every property, as plain data."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from candidates.client import Candidate, Found, Worker
from candidates.diagnosis import diagnose, hints
from candidates.diagnosis.blame import blame
from candidates.spelling import Spelling
from properties.case import Case
from properties.checks import find_property, judged_in
from properties.checks.property import NotJudged, Property
from properties.explore import Exploration, Failure, Finding, explore, failed_needs, shrink
from properties.implementation import Implementation
from properties.operator import Operator, find_operator
from properties.promise import Promise
from properties.tolerance import Failed
from properties.trial import Trial

Row = dict[str, Any]

LARGEST_SHOWN = 64
OF_BACKWARD = ("gradient", "kinks", "backward_twice", "interleaved")
OF_VARIANTS = ("shape", *OF_BACKWARD, "sizes")


@dataclass(frozen=True)
class Request:
    """What to judge, and how hard."""

    path: str
    shown_path: str
    convention: str
    examples: int
    seed: int
    strict: bool = False
    properties: tuple[str, ...] = ()
    stubbed: Mapping[str, str] = field(default_factory=dict)
    failed: tuple[Mapping[str, str], ...] = ()
    hints: str = hints.DEFAULT
    dtypes: tuple[str, ...] = ()  # precisions to judge as well
    options: tuple[str, ...] = ()  # others of the command that a replay needs


class Judge:
    """One spelling found in a candidate."""

    def __init__(self, request: Request, worker: Worker, found: Found, spelling: Spelling) -> None:
        self.request, self.found, self.spelling = request, found, spelling
        self._forbid = worker.limits.forbid
        self.operator: Operator = find_operator(found.operator)
        self.implementation: Implementation = Candidate(
            worker, found, self.operator, spelling.reusable
        )
        promise = spelling.promised(found.told)
        promise = replace(promise, dtypes=(*promise.dtypes, *request.dtypes))
        self.promise: Promise = promise.widened() if request.strict else promise

    def rows(self, on_failure: Callable[[Row], None], on_case: Callable[[], None]) -> list[Row]:
        """A row for every property. `on_failure` gets a first, unshrunk row of each failure."""
        exploration = self._explore(
            self.promise,
            self.request.examples,
            self._properties(),
            lambda finding: on_failure(self._first_row(finding)),
            on_case,
        )
        passing = {name: set(finding.passing) for name, finding in exploration.findings.items()}
        for finding in exploration.failing:
            if self._shrinks(finding) and not failed_needs(finding, exploration.findings):
                shrink(exploration, finding)
        rows = [
            self._row(exploration, finding, passing[name])
            for name, finding in exploration.findings.items()
        ]
        return rows + self._limits(rows)

    @staticmethod
    def _shrinks(finding: Finding) -> bool:
        """Neither a crash of the whole process nor chance nor a large case can be shrunk."""
        assert finding.smallest is not None
        failure = finding.smallest[1]
        if finding.property.name == "sizes":
            return False
        return failure.status != "nondeterministic" and not getattr(failure, "fatal", False)

    def _properties(self) -> list[Property]:
        every = judged_in(self.request.dtypes)
        asked = self.request.properties or tuple(p.name for p in every)
        # An object has no cache: a backward comes after each forward, batch after batch.
        instead = "backward_twice" if self.spelling.reusable else "reuse"
        without = {"complex_step", instead}
        judged = [p for p in every if p.name in asked and p.name not in without]
        return [p for p in judged if not self.spelling.variant or p.name in OF_VARIANTS]

    def _explore(
        self,
        promise: Promise,
        examples: int,
        properties: list[Property],
        on_failure: Callable[[Finding], None] = lambda finding: None,
        on_case: Callable[[], None] = lambda: None,
    ) -> Exploration:
        return explore(
            self.operator,
            self.implementation,
            promise,
            examples=examples,
            seed=self.request.seed,
            properties=properties,
            on_failure=on_failure,
            on_case=on_case,
        )

    def _limits(self, rows: list[Row]) -> list[Row]:
        """What fails where nothing is promised, although the spelling can say it."""
        passing = all(row["status"] in ("pass", "skipped") for row in rows)
        if self.request.strict or not self.promise.beyond or not passing:
            return []
        wide = self.promise.widened()
        values = [find_property(name) for name in ("shape", "forward", "gradient")]
        exploration = self._explore(wide, max(self.request.examples // 4, 10), values)
        limits = []
        for finding in exploration.failing[:1]:
            shrink(exploration, finding)
            names = ", ".join(self.promise.beyond)
            reason = f"outside what {self.request.convention} promises ({names})"
            row = self._row(exploration, finding)
            limits.append(row | {"status": "limit", "reason": reason, "diagnosis": []})
        return limits

    def _row(
        self, exploration: Exploration, finding: Finding, passing: Collection[str] = ()
    ) -> Row:
        """The row of a property; `passing` cases let its diagnosis say where it fails."""
        failed = failed_needs(finding, exploration.findings)
        if failed:
            skipped = {"status": "skipped", "reason": f"{failed[0]} fails"}
            return self._empty_row(finding) | skipped
        if not finding.smallest:
            return self._empty_row(finding) | self._without_failure(exploration, finding)
        row = self._first_row(finding)
        case, failure = finding.smallest
        if passing or len(finding.failing) > 1:
            row["diagnosis"] = self._diagnosis(exploration, finding, passing)
        return row | {
            "counterexample": self._counterexample(case, failure),
            "reproduce": self.reproduce(finding.property, case),
        }

    def _diagnosis(
        self, exploration: Exploration, finding: Finding, passing: Collection[str]
    ) -> list[dict[str, Any]]:
        level = self.request.hints
        if level == "none":
            return []
        layers = self.spelling.stand_ins
        blamed = blame(exploration, finding, layers) if layers else []
        return hints.shown(blamed or diagnose(exploration, finding, passing), level)

    def _first_row(self, finding: Finding) -> Row:
        """The failure as it was seen first: not yet shrunk, without arrays and diagnosis."""
        assert finding.smallest is not None
        _, failure = finding.smallest
        return self._empty_row(finding) | {
            **self._function(finding.property, failure),
            "status": failure.status or finding.property.status,
            "message": failure.message,
        }

    def _empty_row(self, finding: Finding) -> Row:
        return {
            "property": finding.property.name,
            **self._function(finding.property, None),
            "status": "pass",
            "reason": None,
            "examples": finding.examples,
            "seconds": round(finding.seconds, 3),
            "counterexample": None,
            "message": "",
            "diagnosis": [],
            "reproduce": "",
        }

    def _without_failure(self, exploration: Exploration, finding: Finding) -> Row:
        if finding.examples:
            return {}
        reason = exploration.stopped or why_not_judged(
            finding.property, self.operator, self.promise
        )
        others = [f.property.name for f in exploration.failing]
        if not exploration.stopped and others:
            reason = f"no case came so far, since {others[0]} fails"
        return {"status": "skipped", "reason": reason}

    def _function(self, judged: Property, failure: Failure | None) -> dict[str, str]:
        """The function that a row is about, and where it is defined."""
        if failure is None:
            backward = judged.name in OF_BACKWARD
        elif isinstance(failure, Failed):
            backward = failure.call == "backward" or self._is_gradient(failure.output)
        else:
            backward = failure.call == "backward"
        index = -1 if backward else 0
        places = self.found.places or ("",)
        return {"function": self.found.functions[index], "place": places[index]}

    def reproduce(self, judged: Property, case: Case) -> str:
        """The command that replays one case."""
        words = ["layerproof", "check", self.request.shown_path]
        words += ["--convention", self.request.convention]
        if self._forbid is not None:
            words += ["--forbid", ",".join(self._forbid) or "none"]
        words += [*self.request.options, "--function", self.found.functions[-1]]
        words += ["--property", judged.name]
        return shlex.join([*words, "--case", case.to_json()])

    def _counterexample(self, case: Case, failure: Failure) -> dict[str, Any]:
        """The failing case as plain data; its arrays too, if a person can read them."""
        trial = Trial(self.operator, self.implementation, self.promise, case)
        arrays = dict(trial.inputs(0))
        if isinstance(failure, Failed) and self._is_gradient(failure.output):
            arrays |= {f"d{n}": a for n, a in trial.expected().cotangents.items()}
        small = sum(array.size for array in arrays.values()) <= LARGEST_SHOWN
        small = small and self.request.hints != "none"
        at = failure if isinstance(failure, Failed) else Failed("")
        return {
            "case": case.to_plain(),
            "inputs": {n: listed(a) for n, a in arrays.items()} if small else None,
            "output": at.output,
            "index": list(at.index),
            "expected": number(at.expected),
            "got": number(at.got),
            "bound": number(at.bound),
            "differing": at.differing,
            "size": at.size,
            "traceback": list(failure.frames),
        }

    def _is_gradient(self, output: str | None) -> bool:
        return bool(output and output[0] == "d" and output[1:] in self.operator.differentiable)

    def replay(self, case: Case, judged: list[Property]) -> list[Row]:
        """A row for each property on one given case."""
        trial = Trial(self.operator, self.implementation, self.promise, case)
        findings = {p.name: Finding(p) for p in judged}
        exploration = Exploration(
            self.operator, self.implementation, self.promise, 1, self.request.seed, findings
        )
        for finding in findings.values():
            try:
                failure = finding.property.failure(trial)
            except NotJudged:
                continue
            finding.examples = 1
            if failure is not None:
                finding.smallest = case, failure
                finding.failing.append((trial, failure))
        return [self._row(exploration, finding) for finding in findings.values()]


def why_not_judged(judged: Property, operator: Operator, promise: Promise) -> str:
    """Why a property says nothing about an operator, in words."""
    if judged.name == "backward_twice" and promise.cache_once:
        return "the convention's caches are good for one backward"
    if judged.name == "steps" and not operator.state:
        return f"{operator.name} keeps no state"
    if judged.name == "kinks" and not operator.kinked:
        return f"{operator.name} has no kinks"
    if judged.name == "laws" and not operator.laws:
        return f"{operator.name} has no laws"
    if judged.name == "sizes":
        return "too slow at a size of use, or none is within the promise"
    if judged.name == "dtype":
        return "the convention does not promise the dtype"
    if judged.name in OF_BACKWARD:
        return "there is no backward to judge"
    return "no case within the promise says anything about it"


def listed(array: np.ndarray) -> Any:
    """Nested lists whose non-finite numbers are strings."""
    if array.ndim == 0:
        return number(array.item())
    return [listed(item) for item in array]


def number(value: Any) -> Any:
    """JSON has no words for infinities and NaN: they become strings."""
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    return value
