"""An index mistake shrinks to arrays that a person can read."""

from __future__ import annotations

import pytest

from properties.explore import explore, shrink
from properties.operator import find_operator
from properties.promise import Promise

PLANTED = [
    ("conv2d", "padding 0 slices the gradient away"),
    ("conv2d", "strides of H and W swapped"),
    ("max_pool2d", "windows overlap: gradient assigned instead of added"),
    ("linear", "weights read transposed"),
]


@pytest.mark.parametrize(("name", "planted"), PLANTED)
def test_an_index_mistake_shrinks_to_small_integers(name, planted):
    operator = find_operator(name)
    (mistake,) = (m for m in operator.mistakes if m.name == planted)
    exploration = explore(
        operator, mistake.implementation(operator), Promise(), examples=200, seed=0
    )
    finding = exploration.failing[0]
    first = finding.smallest[0]
    shrink(exploration, finding, seconds=20.0)
    case, failure = finding.smallest
    arrays = operator.arrays(case)
    assert max(max(a.shape, default=0) for a in arrays.values()) <= 4, case.key
    assert case.regime == "integers", case.key
    assert sum(a.size for a in arrays.values()) <= sum(
        a.size for a in operator.arrays(first).values()
    )
    assert failure.message
