"""What a spelling asks of the functions that go by its names."""

from __future__ import annotations

import types

from candidates.client import Worker
from candidates.spelling import Spelling
from properties.plain import PlainFunctions
from tests.homework import EXAMPLES


def relu_forward(x):
    return x


def test_a_function_is_asked_once():
    asked = []
    spelling = Spelling(
        "relu",
        "relu_forward",
        None,
        PlainFunctions,
        obstacle=lambda function: asked.append("obstacle") or "",
        tells=lambda forward, backward: asked.append("tells") or {},
    )
    there = types.SimpleNamespace(relu_forward=relu_forward)
    for _ in range(2):
        assert spelling.found(there) == ["relu_forward"]
        assert spelling.passed_over(there) == {}
        assert spelling.told(there) == {}
    assert asked == ["obstacle", "tells"]


def test_a_process_that_need_not_look_serves_what_another_found():
    path, operators = EXAMPLES / "right.py", ["relu", "linear"]
    looking = Worker(path, None, operators)
    serving = Worker(path, looking.convention, operators, look=False)
    try:
        assert {found.operator for found in looking.found} == set(operators)
        assert not hasattr(serving, "found")
        for found in looking.found:
            serving.serve_for(found)
            assert serving.alive
    finally:
        looking.close()
        serving.close()
