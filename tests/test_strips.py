"""The vectorized path cut into strips of every length: few cases that are drawn fill one."""

from __future__ import annotations

from pathlib import Path

import pytest

from properties.explore import explore
from properties.operator import find_operator, operator_names
from properties.promise import Promise
from properties.references import reference
from reference.vectorized import _strips

FOLDER = Path(_strips.__file__).parent
CUT = [n for n in operator_names() if "_strips import" in (FOLDER / f"{n}.py").read_text()]


@pytest.mark.parametrize(
    "scratch", [1, 200, 1000], ids=["one a strip", "a few a strip", "images a strip"]
)
@pytest.mark.parametrize("name", CUT)
def test_it_is_right_in_strips(name, scratch, monkeypatch):
    monkeypatch.setattr(_strips, "SCRATCH_BYTES", scratch)
    operator = find_operator(name)
    found = explore(operator, reference(operator, "vectorized"), Promise(), examples=60, seed=1)
    assert not found.failing
