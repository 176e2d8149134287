"""The references refuse bad arguments in one sentence that names the argument and its value."""

from __future__ import annotations

import importlib
import inspect

import numpy as np
import pytest

import reference.naive
import reference.vectorized
from properties.domain import Domain
from properties.explore import draw_cases
from properties.models import loop_names, model_names
from properties.operator import find_operator, operator_names
from properties.references import reference as reference_of

LAYERS = [name for name in operator_names() if name not in (*model_names(), *loop_names())]
PATHS = [reference.naive, reference.vectorized]


def told(name):
    return importlib.import_module(f"tests.arguments.{name}")


BAD = [(name, *row) for name in LAYERS for row in told(name).BAD]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("name", "arguments", "options", "error", "sentence"), BAD)
def test_bad_arguments(path, name, arguments, options, error, sentence):
    with pytest.raises(error, match=sentence) as raised:
        getattr(path, f"{name}_forward")(*arguments, **options)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", LAYERS)
def test_defaults(path, name):
    parameters = inspect.signature(getattr(path, f"{name}_forward")).parameters
    defaults = {n: p.default for n, p in parameters.items() if p.default is not p.empty}
    assert defaults == told(name).DEFAULTS


DIFFERENTIABLE = [name for name in LAYERS if find_operator(name).differentiable]


@pytest.mark.parametrize("path", ["naive", "vectorized"])
@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_a_cotangent_of_another_shape_or_dtype_is_refused(name, path):
    operator = find_operator(name)
    case = with_outputs_of_some_size(operator)
    functions = reference_of(operator, path).functions
    outputs, cache = functions.forward(case.at(0), operator.arrays(case))
    cotangents = operator.cotangents(case, 0, outputs)
    first = next(iter(cotangents))
    with pytest.raises(ValueError, match=r"^d\w+ must have shape"):
        functions.backward({**cotangents, first: cotangents[first][..., None]}, cache)
    with pytest.raises(TypeError, match=r"^d\w+ must have the dtype"):
        functions.backward({**cotangents, first: cotangents[first].astype(np.float32)}, cache)


def with_outputs_of_some_size(operator):
    cases = []
    draw_cases(operator.cases(Domain()), 20, 0, cases.append)
    return next(c for c in cases if all(a.size for a in operator.arrays(c).values()))


@pytest.mark.parametrize("path", PATHS)
def test_ints_and_pairs_mean_the_same(path):
    x, w = np.ones((2, 4, 5, 6)), np.ones((4, 4, 3, 3))
    one, _ = path.conv2d_forward(x, w, stride=2, padding=1, dilation=2)
    two, _ = path.conv2d_forward(x, w, stride=(2, 2), padding=[1, 1], dilation=(2, 2))
    assert np.array_equal(one, two)
    one, _ = path.max_pool2d_forward(x, 2)
    two, _ = path.max_pool2d_forward(x, (2, 2), stride=np.int64(2))
    assert np.array_equal(one, two)
