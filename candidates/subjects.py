"""What pytest judges: an operator with implementations, each with its promise."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from candidates.cli import load_candidate, operator_files
from candidates.client import Candidate
from candidates.conventions import find_convention
from candidates.judging import OF_VARIANTS
from properties.case import Case
from properties.implementation import Implementation
from properties.operator import Operator, find_operator
from properties.promise import Promise
from properties.references import reference


@dataclass(frozen=True)
class Judged:
    """One implementation: its promise, the properties that count, and how to replay a case."""

    implementation: Implementation
    promise: Promise
    replay: Callable[[str, Case], str]
    properties: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Subject:
    operator: Operator
    implementations: list[Judged] = field(default_factory=list)


def reference_subject(name: str, path: str) -> Subject:
    """The naive or the vectorized reference, which promises everything."""
    operator = find_operator(name)
    shown = f"reference/{path}/{name}.py"
    judged = Judged(reference(operator, path), Promise(), _replay(shown, "plain", None))
    return Subject(operator, [judged])


class CandidateSubjects:
    """The functions of one candidate, by operator. Raises UsageError if it cannot be loaded."""

    def __init__(self, path: str, convention: str | None) -> None:
        self._shown = path
        self._worker = load_candidate(Path(path), convention, operator_files())

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
                Candidate(worker, found, operator),
                promise.widened() if strict else promise,
                _replay(self._shown, worker.convention, found.functions[-1]),
                OF_VARIANTS if spelling.variant else None,
            )
            subject.implementations.append(judged)
        return subject

    def close(self) -> None:
        self._worker.close()


def _replay(path: str, convention: str, function: str | None) -> Callable[[str, Case], str]:
    def command(judged: str, case: Case) -> str:
        words = ["layerproof", "check", path, "--convention", convention]
        words += ["--function", function] if function else []
        return shlex.join([*words, "--property", judged, "--case", case.to_json()])

    return command
