"""Memory layouts: each is what it is called and holds the same values; other byte orders."""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from properties.case import Case
from properties.checks import find_property
from properties.checks.property import NotJudged
from properties.domain import Domain
from properties.explore import draw_cases, explore
from properties.implementation import Local
from properties.layouts import LAYOUTS, lay_out
from properties.models import loop_names, model_names
from properties.operator import find_operator, operator_names
from properties.promise import Promise
from properties.references import reference
from properties.torch_functions import on_device
from properties.trial import Trial
from properties.values import KINKS, TAME
from tests.in_process import failures, load

SHAPES = [(), (3,), (2, 3), (2, 3, 4), (2, 3, 4, 5), (0, 3, 2, 2)]
LAYERS = [name for name in operator_names() if name not in (*model_names(), *loop_names())]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("layout", [*LAYOUTS, "contiguous", "readonly"])
def test_a_layout_holds_the_same_values(layout, shape):
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape) + 0.5
    laid = lay_out(array, layout)
    assert laid.dtype == array.dtype.newbyteorder(">" if layout == "big_endian" else "=")
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
        ("broadcast", (0, 0, 0, 0)),
        ("big_endian", (60, 20, 5, 1)),
    ],
)
def test_a_layout_is_what_it_is_called(layout, strides):
    laid = lay_out(np.zeros((2, 3, 4, 5)), layout)
    assert tuple(stride // laid.itemsize for stride in laid.strides) == strides
    assert (laid.base is not None and laid.base.size > laid.size) == (layout in OWN_MEMORY)
    assert laid.flags.writeable == (layout != "broadcast")
    assert laid.dtype.isnative == (layout != "big_endian")


OWN_MEMORY = ("strided", "offset")  # those that lie in a larger array


def test_a_stride_is_0_where_nothing_changes_and_nowhere_else():
    along_rows = np.broadcast_to(np.arange(3.0), (2, 3))
    assert lay_out(along_rows, "broadcast").strides == (0, 8)
    assert lay_out(along_rows.T, "broadcast").strides == (8, 0)
    assert lay_out(np.arange(6.0).reshape(2, 3), "broadcast").strides == (24, 8)
    assert lay_out(np.array([0.0, -0.0]), "broadcast").strides == (8,)


@pytest.mark.parametrize("name", ["relu", "conv2d", "linear"])
def test_every_layout_and_arrays_without_elements_are_drawn(name):
    operator, drawn = find_operator(name), Counter()

    def count(case):
        if case.regime in (*TAME, *KINKS):
            empty = any(array.size == 0 for array in operator.arrays(case).values())
            drawn.update([Promise().layout(case.seed), *["empty"] * empty])

    draw_cases(operator.cases(Domain()), 500, 0, count)
    assert {name for name in drawn if drawn[name] >= 15} == {*LAYOUTS, "empty"}, drawn


def test_an_unknown_layout_is_one_sentence():
    with pytest.raises(
        ValueError, match="layout must be contiguous, readonly, bfloat16, tf32 or one of"
    ):
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


def of_relu(forward, promise, seed=0, judged=("layouts",)):
    """The first failure of a forward of relu, or None, and how many cases were judged."""
    on = Local("f", SimpleNamespace(forward=lambda at, given: ({"out": forward(given["x"])}, None)))
    found = explore(
        *(find_operator("relu"), on, replace(promise, gradients=())),
        examples=50,
        seed=seed,
        properties=[find_property(name) for name in judged],
    )
    failures = [str(finding.failing[0][1]) for finding in found.failing]
    return next(iter(failures), None), found.findings[judged[0]].examples


BROADCAST, BIG_ENDIAN = Promise(layouts=("broadcast",)), Promise(layouts=("big_endian",))


def relu_of_the_base(x):
    """Takes the memory that a view lies in for the view."""
    return np.maximum(np.resize(x if x.base is None else x.base, x.shape), 0)


def relu_of_rows_counted_by_strides(x):
    """The length of a row is the stride of the last axis but one over that of the last."""
    if x.ndim < 2 or not x.size:
        return np.maximum(x, 0)
    return np.maximum(x.reshape(-1, x.strides[-2] // x.strides[-1]), 0).reshape(x.shape)


def relu_of_its_buffer(x):
    """A new array over the same bytes, as an extension in C reads them."""
    return np.maximum(np.ndarray(x.shape, x.dtype, x.data.cast("B")), 0) if x.size else x * 1


def relu_that_writes_into_a_ravelled_view(x):
    """Each number is written and put back, as numerical differentiation does."""
    flat, out = x.reshape(-1), np.empty(x.shape)
    for i in range(flat.size):
        before = flat[i]
        flat[i] = max(before, 0)
        out.flat[i] = flat[i]
        flat[i] = before
    return out


WRONG = [relu_of_the_base, relu_of_rows_counted_by_strides, relu_of_its_buffer]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.__name__)
@pytest.mark.parametrize("seed", range(5))
def test_what_a_stride_of_0_breaks_dies(wrong, seed):
    failure, _ = of_relu(wrong, BROADCAST, seed)
    assert "broadcast by strides of 0" in failure
    assert of_relu(wrong, Promise(layouts=("contiguous",)), seed)[0] is None
    assert of_relu(wrong, Promise(), seed, ("layouts", "side_effects"))[0] is not None


def test_views_by_the_strides_that_there_are_live():
    def relu(x):
        view = np.lib.stride_tricks.as_strided(x, x.shape, x.strides)
        return np.maximum(view.ravel(), 0).reshape(x.shape)

    failure, judged = of_relu(relu, Promise())
    assert failure is None
    assert judged > 20


def test_what_may_be_written_to_is_not_broadcast():
    def relu(x):
        np.maximum(x, 0, out=x)
        return x * 1

    assert of_relu(relu, replace(BROADCAST, may_change=("x",)))[0] is None
    assert "read-only" in of_relu(relu, replace(BROADCAST, may_change=("y",)))[0]


@pytest.mark.parametrize("seed", range(5))
def test_a_refused_write_is_told_once(seed):
    relu = relu_that_writes_into_a_ravelled_view
    assert of_relu(relu, BROADCAST, seed)[0] is None
    assert "read-only" in of_relu(relu, Promise(), seed, ("layouts", "side_effects"))[0]


CASES = [  # nothing but rounding is left of equal numbers, and of what is chosen among them
    '{"operator":"batch_norm","attributes":{"ndim":2,"batch":3,"channels":1,"size":[],'
    '"affine":false,"fresh":false,"eps":1e-05,"momentum":0.1,"running_var_update":"unbiased",'
    '"gamma":null,"beta":null},"regime":"sparse","steps":[{"training":true}],"seed":0}',
    '{"operator":"grid_search","attributes":{"samples":6,"val_samples":12,"features":1,'
    '"classes":3,"rates":[1.0,0.1,3.0,10.0],"penalties":[0.0,0.05,0.5],"steps":2,"ties":"last"},'
    '"regime":"normal","steps":[{}],"seed":2514}',
    '{"operator":"grid_search","attributes":{"samples":6,"val_samples":8,"features":1,'
    '"classes":3,"rates":[1.0],"penalties":[0.0,0.5,0.05],"steps":2,"ties":"last"},'
    '"regime":"normal","steps":[{}],"seed":308}',
]


@pytest.mark.parametrize("case", [*map(Case.from_json, CASES)], ids=lambda case: str(case.seed))
def test_what_rounding_decides_is_no_failure(case):
    operator = find_operator(case.operator)
    of_torch = [] if operator.evidence else [on_device(operator, "cpu")]
    for on in (*of_torch, *(reference(operator, path) for path in ("naive", "vectorized"))):
        with contextlib.suppress(NotJudged):
            assert find_property("layouts").failure(Trial(operator, on, BROADCAST, case)) is None


def test_another_byte_order_may_be_refused_but_not_misread():
    def refuses(x):
        if not x.dtype.isnative:
            raise TypeError("x must be in the byte order of the machine")
        return np.maximum(x, 0)

    def misreads(x):
        return np.maximum(np.frombuffer(x.tobytes()), 0).reshape(x.shape)

    assert of_relu(refuses, BIG_ENDIAN) == (None, 0)
    failure, judged = of_relu(lambda x: np.maximum(x, 0), BIG_ENDIAN)
    assert failure is None
    assert judged > 20
    assert "changes when the inputs are big_endian" in of_relu(misreads, BIG_ENDIAN)[0]


IN_PLACE = """
import torch

class Relu(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, grad):
        x, = ctx.saved_tensors
        {body}
        return grad

def relu(x):
    return Relu.apply(x)
"""


def test_a_gradient_that_is_expanded_is_not_written_to(tmp_path):
    """`out.sum().backward()` hands over such a gradient."""
    right = IN_PLACE.format(body="grad = torch.where(x > 0, grad, 0)")
    assert failures(load(tmp_path, right), "torch", "relu", examples=100) == {}
    # A write that is put back: nothing but memory that is shared shows it.
    wrong = IN_PLACE.format(
        body="kept = grad.clone(); grad[x <= 0] = 0; grad, kept = grad.clone(), grad.copy_(kept)"
    )
    status, sentence = failures(load(tmp_path, wrong), "torch", "relu", "layouts", examples=100)[
        "layouts"
    ]
    assert status == "crash"
    assert "with inputs broadcast by strides of 0, raised RuntimeError" in sentence


def test_an_expanded_tensor_is_not_read_by_its_storage(tmp_path):
    source = """
import torch

def relu(x):
    return torch.tensor(x.untyped_storage().tolist(), dtype=torch.uint8).view(x.dtype)[
        : x.numel()].view(x.shape).clamp(min=0)
"""
    found = failures(load(tmp_path, source), "torch", "relu", "layouts", examples=100)
    assert "layouts" in found
