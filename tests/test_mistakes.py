"""The kill matrix: every mistake dies, every right implementation lives."""

from __future__ import annotations

import pytest

from properties.kill import kill
from properties.mistakes import edit
from properties.operator import find_operator, operator_names

EXAMPLES, SEED = 200, 0
PAIRS = [(name, m) for name in operator_names() for m in find_operator(name).mistakes]


@pytest.mark.parametrize(
    ("name", "mistake"), PAIRS, ids=[f"{name}-{mistake.name}" for name, mistake in PAIRS]
)
def test_a_mistake_dies(name, mistake):
    killed = kill(find_operator(name), mistake, examples=EXAMPLES, seed=SEED, until_first=True)
    assert killed.dead, f"{mistake.name!r} of {name} passes every property on {EXAMPLES} examples"


def test_names_of_mistakes_are_unique():
    for name in operator_names():
        names = [mistake.name for mistake in find_operator(name).mistakes]
        assert len(names) == len(set(names)), name


def test_an_edit_must_match_exactly_once():
    operator = find_operator("relu")
    for old in ("no such text", "\n"):
        with pytest.raises(ValueError, match="must occur exactly once"):
            edit("nothing", "changes nothing", old, "x").module(operator)
