"""What every submission is judged with, and whether one has been judged so before."""

from __future__ import annotations

import contextlib
import hashlib
import json
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from candidates.grading.grades import ERROR
from candidates.grading.submissions import Refused, Submission, fingerprint
from candidates.limits import Limits

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Assignment:
    """The same operators, cases, limits, hints and helpers for everyone.

    convention: a name, or the whole path of a file that defines one.
    """

    operators: tuple[str, ...]
    convention: str | None
    examples: int
    seed: int
    hints: str
    limits: Limits
    helpers: tuple[Submission, ...] = ()  # what every submission may import

    def digest(self) -> str:
        """A hash of it and of the suite: what a verdict depends on beside the submission."""
        files = list(self.helpers)
        if self.convention is not None and self.convention.endswith(".py"):
            files.append(Submission("", Path(self.convention)))
        content = [fingerprint(file) for file in files]
        return _hash(f"{self!r} {content} {_suite()}")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _suite() -> str:
    """The versions that a verdict depends on: of the libraries, and of the suite's own files."""
    digest = hashlib.sha256(platform.python_version().encode())
    for room in ("reference", "properties", "candidates"):
        for path in sorted((ROOT / room).rglob("*.py")):
            digest.update(path.read_bytes())
    for package in ("numpy", "torch", "torchvision", "hypothesis"):
        with contextlib.suppress(PackageNotFoundError):
            digest.update(f"{package} {version(package)} ".encode())
    return digest.hexdigest()


@dataclass(frozen=True)
class Task:
    """One submission to judge.

    shown: its path as the user would write it. fingerprint: of all that its verdict depends on.
    result: its file. scratch: a folder for its copy, not there yet.
    """

    submission: Submission
    shown: str
    fingerprint: str
    result: Path
    scratch: Path

    def read(self) -> dict[str, Any] | None:
        """The verdict in its result file, where there is a whole one."""
        try:
            verdict = json.loads(self.result.read_text(encoding="utf-8"))
            about = verdict["grade"]
            whole = {"status", "reason", "seconds", "fingerprint"} <= set(about)
            return verdict if whole and about["submission"] == self.submission.name else None
        except (OSError, ValueError, TypeError, KeyError):
            return None

    @property
    def is_judged(self) -> bool:
        """Whether its result file holds the verdict that judging it would give."""
        about = (self.read() or {}).get("grade", {"status": ERROR})
        return bool(about["status"] != ERROR and about["fingerprint"] == self.fingerprint)


def task_of(submission: Submission, shown: str, digest: str, results: Path, scratch: Path) -> Task:
    """The task of one submission; `digest` is its assignment's."""
    try:
        content = fingerprint(submission)
    except Refused as error:
        content = f"refused: {error}"
    whole = _hash(f"{digest} {content}")
    name = submission.result_name
    return Task(submission, shown, whole, results / name, scratch / name.removesuffix(".json"))
