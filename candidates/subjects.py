"""What pytest judges: an operator with implementations, each with its promise."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from candidates.archives import opened
from candidates.cli import load_candidate, operator_files
from candidates.client import Candidate
from candidates.conventions import find_convention
from candidates.judging import OF_VARIANTS
from properties.case import Case
from properties.defects import excuse
from properties.implementation import Implementation
from properties.low_precision import DECIDING, HALVES, IN_FLOAT32
from properties.operator import Operator, find_operator
from properties.promise import Promise
from properties.references import is_composed, reference
from properties.tf32 import TF32, tf32_problem
from properties.torch_functions import NOT_REPEATABLE, on_device


@dataclass(frozen=True)
class Judged:
    """One implementation: its promise, the properties that count, and how to replay a case.

    excused: whether a failure (operator, property, sentence) is a known defect, stated elsewhere.
    """

    implementation: Implementation
    promise: Promise
    replay: Callable[[str, Case], str]
    properties: tuple[str, ...] | None = None
    excused: Callable[[str, str, str], bool] = lambda operator, judged, failure: False


@dataclass(frozen=True)
class Subject:
    operator: Operator
    implementations: list[Judged] = field(default_factory=list)


def reference_subject(name: str, path: str) -> Subject:
    """The naive or the vectorized reference, which promises everything.

    The vectorized one sums squares and products in the precision it is given: no half one.
    """
    operator = find_operator(name)
    shown = f"reference/{path}/{name}.py"
    promise = _with_halves(operator, ("float16",) if path == "naive" else ())
    judged = Judged(reference(operator, path), promise, _replay(shown, "plain", None))
    return Subject(operator, [judged])


def _with_halves(operator: Operator, halves: tuple[str, ...]) -> Promise:
    """Everything, and half precisions where what is right in them can be told."""
    promise = Promise()
    if operator.name in {*IN_FLOAT32, *DECIDING} or is_composed(operator):
        return promise
    return replace(promise, dtypes=(*promise.dtypes, *halves))


def torch_subject(name: str, device: str, repeatable: bool = False) -> Subject:
    """PyTorch's own call on a device; nothing where the oracle only checks evidence.

    repeatable: it uses kernels alone whose results are the same to the last bit; that there is
        none says nothing.
    """
    operator = find_operator(name)
    if operator.evidence:
        return Subject(operator)
    implementation = on_device(operator, device)

    def replay(judged: str, case: Case) -> str:
        options = ("--device", device, *(["--deterministic"] if repeatable else []))
        words = ("pytest", "properties", *options, "-k", f"{judged} and {name}-torch")
        return f"{shlex.join(words)}  # {case.to_json()}"

    asked = tuple(HALVES) if tf32_problem(device) else (*HALVES, TF32)
    promise = replace(_with_halves(operator, asked), same_bits=repeatable)
    known = excuse(device)

    def excused(operator: str, judged: str, failure: str) -> bool:
        return NOT_REPEATABLE in failure or known(operator, judged, failure)

    return Subject(operator, [Judged(implementation, promise, replay, excused=excused)])


class CandidateSubjects:
    """The functions of one candidate, by operator. Raises UsageError if it cannot be loaded."""

    def __init__(self, path: str, convention: str | None) -> None:
        self._shown = path
        self._opened = contextlib.ExitStack()
        here = self._opened.enter_context(opened(Path(path)))
        self._worker = load_candidate(here, convention, operator_files(), shown=Path(path))

    def of(self, name: str, strict: bool) -> Subject:
        operator, worker = find_operator(name), self._worker
        assert worker.convention is not None
        spellings = find_convention(worker.convention).spellings(operator_files())
        subject = Subject(operator)
        for found in worker.found:
            if found.operator != name:
                continue
            spelling = spellings[found.spelling]
            promise = spelling.promised(found.told)
            judged = Judged(
                Candidate(worker, found, operator, spelling.reusable),
                promise.widened() if strict else promise,
                _replay(self._shown, worker.convention, found.functions[-1]),
                OF_VARIANTS if spelling.variant else None,
            )
            subject.implementations.append(judged)
        return subject

    def close(self) -> None:
        self._worker.close()
        self._opened.close()


def _replay(path: str, convention: str, function: str | None) -> Callable[[str, Case], str]:
    def command(judged: str, case: Case) -> str:
        words = ["layerproof", "check", path, "--convention", convention]
        words += ["--function", function] if function else []
        return shlex.join([*words, "--property", judged, "--case", case.to_json()])

    return command
