"""The vectorized path cut into blocks of every length: few cases that are drawn fill one."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

import reference.vectorized
from properties.explore import explore
from properties.operator import find_operator, operator_names
from properties.promise import Promise
from properties.references import reference as reference_of
from tests.corners import TUNED

FOLDER = Path(reference.vectorized.__file__).parent
MARKS = ("_strips import", "_squares import", "BLOCK =")
FILES = {n: FOLDER / f"{n}.py" for n in operator_names() if (FOLDER / f"{n}.py").exists()}
CUT = [n for n, file in FILES.items() if any(m in file.read_text() for m in MARKS)]


@pytest.mark.parametrize(
    "scratch", [1, 200, 1000], ids=["one a strip", "a few a strip", "images a strip"]
)
@pytest.mark.parametrize("name", CUT)
def test_it_is_right_in_strips(name, scratch, monkeypatch):
    for module, constant in TUNED:
        tuned = importlib.import_module(f"reference.vectorized.{module}")
        monkeypatch.setattr(tuned, constant, scratch)
    operator = find_operator(name)
    found = explore(operator, reference_of(operator, "vectorized"), Promise(), examples=60, seed=1)
    assert not found.failing
