"""Each strategy can produce every interesting corner."""

from __future__ import annotations

import numpy as np
import pytest

from properties.domain import Domain
from properties.explore import draw_cases
from properties.operator import find_operator, operator_names

EXAMPLES, AT_ONCE = 400, 100


def drawn(name, seed=0, examples=EXAMPLES):
    cases = []
    draw_cases(find_operator(name).cases(Domain()), examples, seed, cases.append)
    return cases


@pytest.mark.parametrize("name", operator_names())
def test_every_corner_is_drawn(name):
    missing = dict(find_operator(name).corners)
    for seed in range(EXAMPLES // AT_ONCE):
        cases = drawn(name, seed, AT_ONCE)
        missing = {corner: holds for corner, holds in missing.items() if not any(map(holds, cases))}
        if not missing:
            return
    assert not missing, sorted(missing)


def test_offsets_reach_outside_the_map():
    operator = find_operator("deform_conv2d")
    far = [
        case
        for case in drawn("deform_conv2d")
        if np.abs(operator.arrays(case)["offset"]).max(initial=0) > max(case.attributes["size"])
    ]
    assert far


def test_a_seed_of_kinks_has_ties():
    operator = find_operator("max_pool2d")
    cases = [c for c in drawn("max_pool2d") if c.regime == "kinks"]
    ties = [c for c in cases if (x := operator.arrays(c)["x"]).size != np.unique(x).size]
    assert len(ties) > len(cases) / 3


def test_a_restricted_domain_is_constructed():
    domain = Domain({"stride": (2,), "groups": (1,), "bias": (True,)}, square=("padding",))
    cases = []
    draw_cases(find_operator("conv2d").cases(domain), 100, 0, cases.append)
    assert len(cases) == 100
    for case in cases:
        at = case.attributes
        assert at["stride"] == (2, 2)
        assert at["groups"] == 1
        assert at["bias"]
        assert at["padding"] == "valid" or at["padding"][0] == at["padding"][1]
