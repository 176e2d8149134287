"""Cases at sizes of use lie inside the promise, whatever their attributes are called."""

from __future__ import annotations

import pytest

from properties.operator import find_operator
from properties.promise import Promise
from properties.sizes import size_cases


@pytest.mark.parametrize(
    ("operator", "promise", "expected"),
    [
        ("embedding", Promise(domain={"padded": (False,)}), {"padding_idx": {None}}),
        ("embedding", Promise(), {"padding_idx": {0}}),
        ("max_pool2d", Promise(domain={"kernel": ((3, 3),)}), {"kernel_size": {(3, 3)}}),
        ("max_pool2d", Promise(domain={"kernel": ((5, 1),)}), {"kernel_size": set()}),
        ("conv2d", Promise(domain={"kernel": ((9, 9),)}), {"kernel": set()}),
    ],
)
def test_a_case_of_use_has_values_that_are_promised(operator, promise, expected):
    cases = list(size_cases(find_operator(operator), promise))
    for name, values in expected.items():
        assert {case.attributes[name] for case in cases} == values
