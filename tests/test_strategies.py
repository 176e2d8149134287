"""Each strategy can produce every interesting corner."""

from __future__ import annotations

import numpy as np
import pytest

from properties.domain import Domain
from properties.explore import draw_cases
from properties.operator import find_operator

EXAMPLES = 400


def drawn(name):
    cases = []
    draw_cases(find_operator(name).cases(Domain()), EXAMPLES, 0, cases.append)
    return cases


def remainder(at, kernel):
    return any(
        (at["size"][a] + 2 * at["padding"][a] - at["dilation"][a] * (kernel[a] - 1) - 1)
        % at["stride"][a]
        for a in (0, 1)
    )


CORNERS = {
    "conv2d": {
        "stride above kernel": lambda c, at: at["stride"][0] > at["kernel"][0],
        "overlapping": lambda c, at: at["stride"][0] < at["kernel"][0],
        "non-square stride": lambda c, at: at["stride"][0] != at["stride"][1],
        "non-square map": lambda c, at: at["size"][0] != at["size"][1],
        "non-square kernel": lambda c, at: at["kernel"][0] != at["kernel"][1],
        "dilated": lambda c, at: max(at["dilation"]) > 1,
        "padded": lambda c, at: at["padding"] not in ("same", "valid") and max(at["padding"]) > 0,
        "padding on one axis": lambda c, at: sorted(at["padding"]) in ([0, 1], [0, 2]),
        "same": lambda c, at: at["padding"] == "same",
        "valid": lambda c, at: at["padding"] == "valid",
        "depthwise": lambda c, at: at["groups"] == at["channels"] > 1,
        "batch 0": lambda c, at: at["batch"] == 0,
        "batch 1": lambda c, at: at["batch"] == 1,
        "no bias": lambda c, at: not at["bias"],
        "remainder": lambda c, at: (
            at["padding"] not in ("same", "valid") and remainder(at, at["kernel"])
        ),
    },
    "deform_conv2d": {
        "with mask": lambda c, at: at["masked"],
        "without mask": lambda c, at: not at["masked"],
        "offset groups": lambda c, at: at["offset_groups"] > 1,
        "groups": lambda c, at: at["groups"] > 1,
        "padding 0": lambda c, at: max(at["padding"]) == 0,
    },
    "max_pool2d": {
        "stride above kernel": lambda c, at: (
            at["stride"] is not None and at["stride"][0] > at["kernel_size"][0]
        ),
        "overlapping": lambda c, at: (
            at["stride"] is not None and at["stride"][0] < at["kernel_size"][0]
        ),
        "stride by default": lambda c, at: at["stride"] is None,
        "padded": lambda c, at: max(at["padding"]) > 0,
        "ceil mode": lambda c, at: at["ceil_mode"],
        "dilated": lambda c, at: max(at["dilation"]) > 1,
        "ties": lambda c, at: c.regime == "kinks",
    },
    "batch_norm": {
        "two dimensions": lambda c, at: at["ndim"] == 2,
        "four dimensions": lambda c, at: at["ndim"] == 4,
        "batch 1": lambda c, at: at["batch"] == 1,
        "train, then evaluate": lambda c, at: [s["training"] for s in c.steps] == [True, False],
        "three steps": lambda c, at: len(c.steps) == 3,
        "affine off": lambda c, at: not at["affine"],
        "constant": lambda c, at: c.regime == "constant",
        "mean 1e4": lambda c, at: c.regime == "offset",
    },
    "linear": {
        "no leading dimension": lambda c, at: at["lead"] == (),
        "three leading dimensions": lambda c, at: len(at["lead"]) == 3,
        "flattened features": lambda c, at: len(at["features"]) == 3,
        "empty": lambda c, at: 0 in at["lead"],
    },
    "relu": {
        "no dimension": lambda c, at: at["shape"] == (),
        "empty": lambda c, at: 0 in at["shape"],
        "at the kink": lambda c, at: c.regime == "kinks",
    },
    "cross_entropy": {
        "ignored ids": lambda c, at: at["ignored"],
        "ignored class": lambda c, at: at["ignored"] and at["ignore_index"] == 0,
        "one class": lambda c, at: at["classes"] == 1,
        "maps": lambda c, at: len(at["size"]) == 2,
        "large logits": lambda c, at: c.regime == "large",
        **{r: lambda c, at, r=r: at["reduction"] == r for r in ("mean", "sum", "none")},
    },
}


@pytest.mark.parametrize("name", CORNERS)
def test_every_corner_is_drawn(name):
    cases = drawn(name)
    for corner, holds in CORNERS[name].items():
        assert any(holds(case, case.at(0)) for case in cases), corner


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
