"""The protocol carries more than stateless layers, with no special case in a generic check."""

from __future__ import annotations

import pytest

from properties.explore import explore
from properties.implementation import Local
from properties.plain import PlainFunctions
from properties.promise import Promise
from tests.spikes import adam, dropout, lstm, training_loop

PLAIN, RANDOM = Promise(), Promise(stochastic=True)


def local(operator, forward, backward=None):
    functions = PlainFunctions(forward, backward, operator.results, operator.differentiable)
    return Local(forward.__name__, functions)


def failing(operator, promise, forward, backward=None):
    implementation = local(operator, forward, backward)
    exploration = explore(operator, implementation, promise, examples=60, seed=0)
    return {f.property.name for f in exploration.failing}, exploration


@pytest.mark.parametrize(
    ("operator", "promise", "forward", "backward"),
    [
        (adam.operator, PLAIN, adam.forward, None),
        (lstm.operator, PLAIN, lstm.forward, lstm.backward),
        (dropout.operator, RANDOM, dropout.forward, dropout.backward),
        (training_loop.operator, RANDOM, training_loop.forward, None),
    ],
    ids=["adam", "lstm", "dropout", "training_loop"],
)
def test_right_code_passes_and_is_judged(operator, promise, forward, backward):
    names, exploration = failing(operator, promise, forward, backward)
    assert names == set(), [f.smallest for f in exploration.failing]
    judged = {name for name, finding in exploration.findings.items() if finding.examples}
    assert {"shape", "forward", "side_effects", "determinism", "layouts"} <= judged
    assert ("gradient" in judged) == bool(operator.differentiable)
    assert ("steps" in judged) == bool(operator.state)


@pytest.mark.parametrize(
    ("operator", "promise", "forward", "backward", "caught_by"),
    [
        (adam.operator, PLAIN, adam.without_bias_correction, None, "forward"),
        (adam.operator, PLAIN, adam.forgets_its_moments, None, "steps"),
        (lstm.operator, PLAIN, lstm.forward, lstm.truncated_backward, "gradient"),
        (lstm.operator, PLAIN, lstm.forgets_its_state, lstm.backward, "forward"),
        (dropout.operator, RANDOM, dropout.reversed_forward, dropout.backward, "laws"),
        (dropout.operator, RANDOM, dropout.unscaled_forward, dropout.backward, "forward"),
        (dropout.operator, RANDOM, dropout.forward, dropout.backward_with_new_mask, "gradient"),
        (dropout.operator, PLAIN, dropout.forward, dropout.backward, "side_effects"),
        (training_loop.operator, RANDOM, training_loop.averages_unequal_batches, None, "forward"),
        (training_loop.operator, RANDOM, training_loop.drops_the_last_sample, None, "laws"),
    ],
)
def test_wrong_code_is_caught(operator, promise, forward, backward, caught_by):
    names, _ = failing(operator, promise, forward, backward)
    assert caught_by in names
