"""Load small candidates in a worker and call their functions, for tests."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from candidates.archives import opened
from candidates.cli import load_candidate, operator_files
from candidates.client import Candidate, Worker
from candidates.limits import Limits
from properties.implementation import CallFailed
from properties.operator import find_operator

X = np.array([[-1.0, 2.0, 0.5]])


def folder_of(root: Path, files: dict[str, str]) -> Path:
    """A folder with the files given by relative path."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@contextlib.contextmanager
def loaded(path: Path | str, convention: str | None = None, **options) -> Iterator[Worker]:
    with opened(Path(path)) as here:
        limits = Limits(**options)
        worker = load_candidate(here, convention, operator_files(), limits, Path(path))
        try:
            yield worker
        finally:
            worker.close()


def functions(worker: Worker) -> list[str]:
    return [name for found in worker.found for name in found.functions]


def relu_of(worker: Worker, number: int = 0):
    """What relu_forward of a worker gives for X, or the CallFailed that it ends in."""
    found = [f for f in worker.found if f.operator == "relu"][number]
    candidate = Candidate(worker, found, find_operator("relu"))
    try:
        candidate.begin(0)
        return candidate.forward({}, {"x": X})[0]["out"]
    except CallFailed as failed:
        return failed


def is_relu(result: object) -> bool:
    return isinstance(result, np.ndarray) and np.array_equal(result, np.maximum(X, 0))
