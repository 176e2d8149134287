"""Comparisons: type and shape, then finiteness, then value."""

from __future__ import annotations

import numpy as np
import pytest

from properties.implementation import Foreign, plain_result
from properties.tolerance import (
    Failed,
    check_kind,
    check_repeats,
    check_unchanged,
    check_values,
    on_grid,
    rounding_bound,
)

ONES = np.ones((2, 3))


class Liar(np.ndarray):
    """An array whose comparisons always agree."""

    def __eq__(self, other):
        return True

    def __array_function__(self, *args):
        return True


@pytest.mark.parametrize(
    ("result", "sentence"),
    [
        (Foreign("None"), "out is None"),
        (np.ones((3, 2)), r"shape \(3, 2\), expected \(2, 3\)"),
        (np.ones((1, 3)), r"shape \(1, 3\)"),
        (np.ones((2, 3), int), "an array of int64"),
    ],
)
def test_kind_comes_first(result, sentence):
    with pytest.raises(Failed, match=sentence):
        check_kind("out", result, ONES)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "None"),
        ([1.0], "list"),
        (np.ma.array(ONES), "MaskedArray, a subclass of numpy.ndarray"),
        (ONES.view(Liar), "Liar, a subclass of numpy.ndarray"),
        (np.array([None]), "an array of object"),
        (np.array(["a"]), "an array of <U1"),
    ],
)
def test_what_is_no_plain_array_is_named(value, kind):
    result = plain_result(value)
    assert isinstance(result, Foreign)
    assert kind in result.kind


def test_scalars_count_as_arrays_without_dimensions():
    for value in (1.5, 2, np.float32(1)):
        assert plain_result(value).shape == ()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_never_passes(bad):
    result = ONES.copy()
    result[1, 2] = bad
    with pytest.raises(Failed, match=r"out\[1, 2\] is not finite") as failed:
        check_values("out", result, ONES, np.inf)
    assert failed.value.index == (1, 2)
    assert failed.value.differing == 1


def test_the_worst_element_is_named_with_both_values():
    result = ONES.copy()
    result[0, 1], result[1, 0] = 1.5, 3.0
    with pytest.raises(Failed, match=r"out\[1, 0\] differs: expected 1, got 3.*2 of 6") as failed:
        check_values("out", result, ONES, 0.1)
    assert (failed.value.expected, failed.value.got, failed.value.differing) == (1.0, 3.0, 2)


def test_a_bound_that_is_not_a_number_refuses():
    with pytest.raises(Failed, match="differs"):
        check_values("out", ONES + 1, ONES, np.nan)


def test_the_bound_grows_with_the_condition():
    small = rounding_bound(ONES, np.zeros_like(ONES), 2.0**-23)
    large = rounding_bound(ONES, np.full_like(ONES, 1e4), 2.0**-23)
    assert (large > 1000 * small).all()


def test_unchanged_means_the_very_values():
    check_unchanged("x", "is changed", ONES, ONES.copy())
    now = ONES.copy()
    now[0, 0] = 2
    with pytest.raises(Failed, match=r"x\[0, 0\] is changed: was 1, is 2"):
        check_unchanged("x", "is changed", ONES, now)


def test_repeats_allow_the_last_bits_only():
    check_repeats("out", "differs again", ONES, ONES * (1 + 1e-13))
    with pytest.raises(Failed, match="out differs again"):
        check_repeats("out", "differs again", ONES, ONES * (1 + 1e-6))
    with pytest.raises(Failed, match="its shape was"):
        check_repeats("out", "differs again", ONES, ONES[:1])


def test_grid():
    assert on_grid(np.array([0.25, -3.0625, 7]))
    assert not on_grid(np.array([0.3]))
    assert on_grid(np.zeros((0,)))


def test_what_is_no_array_any_more_has_changed():
    with pytest.raises(Failed, match="x is changed"):
        check_unchanged("x", "is changed", ONES, Foreign("not there"))
    check_unchanged("x", "is changed", Foreign("None"), Foreign("None"))
