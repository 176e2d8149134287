"""Cases survive JSON unchanged, and nonsense is refused in one sentence."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from properties.case import Case
from properties.domain import Domain
from properties.operator import find_operator, operator_names

CASE = Case("conv2d", {"stride": (1, 2), "bias": True}, "integers", ({}, {"training": False}), 3)


def test_round_trip_of_a_hand_written_case():
    assert Case.from_json(CASE.to_json()) == CASE


@pytest.mark.parametrize("name", operator_names())
@given(data=st.data())
def test_round_trip_gives_the_same_problem(name, data):
    operator = find_operator(name)
    case = data.draw(operator.cases(Domain()))
    again = Case.from_json(case.to_json())
    assert again == case
    for step in range(len(case.steps)):
        first, second = operator.arrays(case, step), operator.arrays(again, step)
        assert first.keys() == second.keys()
        for key in first:
            assert np.array_equal(first[key], second[key], equal_nan=first[key].dtype.kind == "f")
            assert first[key].dtype == second[key].dtype


def test_a_case_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        CASE.seed = 4


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"seed": -1}, "seed must be at least 0"),
        ({"seed": True}, "seed must be a int"),
        ({"steps": []}, "steps must be a list of objects"),
        ({"steps": [3]}, "steps must be a list of objects"),
        ({"attributes": []}, "attributes must be a dict"),
        ({"extra": 1}, "a case must be an object with the keys"),
    ],
)
def test_nonsense_is_refused(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        Case.from_plain({**json.loads(CASE.to_json()), **change})


@pytest.mark.parametrize("text", ["", "[", "__import__('os').getcwd()", "[" * 100_000, "3", "NaN"])
def test_text_that_is_no_case_is_refused(text):
    with pytest.raises(ValueError, match="a case must be"):
        Case.from_json(text)


def test_numbers_must_be_finite():
    text = CASE.to_json().replace('"bias":true', '"bias":NaN')
    with pytest.raises(ValueError, match="must be finite"):
        Case.from_json(text)
