"""Cases at sizes of use stay inside a promise, and are there for what courses ask most."""

from __future__ import annotations

import math

import pytest

from candidates.conventions import import_all
from properties.operator import find_operator, operator_names
from properties.promise import Promise
from properties.sizes import LARGEST_ARRAY, LARGEST_BATCH, SIZE_SEED, size_cases

SPELLINGS = [s for c in import_all() for s in c.spellings(operator_names())]


def test_a_promise_of_everything_admits_every_workload():
    for operator in map(find_operator, operator_names()):
        assert len(list(size_cases(operator, Promise()))) == sum(
            w.judged for w in operator.workloads
        )


def test_sizes_are_not_drawn_and_no_batch_is_large():
    for spelling in SPELLINGS:
        for case in size_cases(find_operator(spelling.operator), spelling.promise):
            assert case.seed == SIZE_SEED
            assert case.attributes.get("batch", 0) <= LARGEST_BATCH
            shape = case.attributes.get("shape", ())
            assert math.prod(shape) <= max(LARGEST_ARRAY, math.prod(shape[1:]))


@pytest.mark.parametrize("name", ["conv2d", "max_pool2d", "batch_norm", "linear", "relu", "lstm"])
def test_cs231n_has_a_size_of_use(name):
    (operator,) = {s.operator for s in SPELLINGS if s.operator == name}
    spellings = [s for s in SPELLINGS if s.forward.endswith(("forward", "naive"))]
    spelling = next(s for s in spellings if s.operator == name)
    assert list(size_cases(find_operator(operator), spelling.promise))


def test_what_a_strategy_draws_under_another_name_counts():
    operator = find_operator("embedding")
    assert not list(size_cases(operator, Promise(domain={"padded": (False,)})))
    assert list(size_cases(operator, Promise(domain={"padded": (True,)})))
    assert not list(size_cases(operator, Promise(domain={"unheard of": (1,)})))


def test_words_are_the_promises_own():
    operator = find_operator("batch_norm")
    promise = Promise(domain={"running_var_update": ("biased",)})
    for case in size_cases(operator, promise):
        assert case.attributes["running_var_update"] == "biased"
