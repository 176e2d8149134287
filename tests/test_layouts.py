"""Memory layouts: each is what it is called and holds the same values; other byte orders."""

from __future__ import annotations

import numpy as np
import pytest

from properties.domain import Domain
from properties.explore import draw_cases
from properties.layouts import LAYOUTS, lay_out
from properties.models import loop_names, model_names
from properties.operator import find_operator, operator_names
from properties.references import reference

SHAPES = [(), (3,), (2, 3), (2, 3, 4), (2, 3, 4, 5), (0, 3, 2, 2)]
LAYERS = [name for name in operator_names() if name not in (*model_names(), *loop_names())]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("layout", [*LAYOUTS, "contiguous", "readonly"])
def test_a_layout_holds_the_same_values(layout, shape):
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape) + 0.5
    laid = lay_out(array, layout)
    assert laid.dtype == array.dtype
    assert laid.shape == shape
    assert np.array_equal(laid, array)
    assert not np.shares_memory(laid, array)


@pytest.mark.parametrize(
    ("layout", "strides"),
    [
        ("contiguous", (60, 20, 5, 1)),
        ("fortran", (1, 2, 6, 24)),
        ("channels_last", (60, 1, 15, 3)),
        ("reversed", (-60, -20, -5, -1)),
        ("strided", (960, 160, 20, 2)),
        ("offset", (60, 20, 5, 1)),
    ],
)
def test_a_layout_is_what_it_is_called(layout, strides):
    laid = lay_out(np.zeros((2, 3, 4, 5)), layout)
    assert tuple(stride // laid.itemsize for stride in laid.strides) == strides
    assert (laid.base is not None and laid.base.size > laid.size) == (layout in OWN_MEMORY)


OWN_MEMORY = ("strided", "offset")  # those that lie in a larger array


def test_an_unknown_layout_is_one_sentence():
    with pytest.raises(ValueError, match="layout must be contiguous, readonly, bfloat16 or one of"):
        lay_out(np.zeros(2), "diagonal")


@pytest.mark.parametrize("path", ["naive", "vectorized"])
@pytest.mark.parametrize("name", LAYERS)
def test_another_byte_order_is_refused_or_right(name, path):
    """What a file or a socket left in big-endian order must not give wrong numbers in silence."""
    operator, functions = find_operator(name), reference(find_operator(name), path).functions

    def same(case):
        arrays = operator.arrays(case)
        swapped = {n: a.astype(a.dtype.newbyteorder(">")) for n, a in arrays.items()}
        np.random.seed(0)
        expected, _ = functions.forward(case.at(0), arrays)
        np.random.seed(0)
        try:
            results, _ = functions.forward(case.at(0), swapped)
        except TypeError as refused:
            if "dtype" not in str(refused):
                raise
            return
        for output, array in expected.items():
            floating = np.asarray(array).dtype.kind == "f"  # nan is none of any other kind
            assert np.array_equal(results[output], array, equal_nan=floating), output

    draw_cases(operator.cases(Domain()), 4, 0, same)
