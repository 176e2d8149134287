"""Operators, references and conventions are found by file name: adding one edits nothing."""

from __future__ import annotations

import importlib
import sys
import types

import pytest

import properties.operators
import reference.naive
import reference.vectorized
from candidates.cli import operator_files
from candidates.conventions import convention_names, find_convention, import_all, recognise
from properties.domain import Domain
from properties.explore import draw_cases, explore
from properties.implementation import Local
from properties.models import loop_names, model_names
from properties.operator import find_operator, operator_names
from properties.plain import PlainFunctions
from properties.promise import Promise
from properties.references import reference as reference_of
from properties.values import REGIMES

NINTH = """
from properties.operator import Operator


def oracle(tensors, at):
    return {"out": tensors["x"] * 2}


operator = Operator(
    name="double",
    source="torch.mul",
    attributes=lambda draw, domain: {"size": draw(domain.integer("size", 1, 3))},
    inputs=lambda at, values: {"x": values.array("x", (at["size"],))},
    oracle=oracle,
    differentiable=("x",),
)
"""


def test_a_ninth_operator_is_one_more_file(tmp_path, monkeypatch):
    (tmp_path / "double.py").write_text(NINTH)
    monkeypatch.setattr(
        properties.operators, "__path__", [*properties.operators.__path__, str(tmp_path)]
    )
    try:
        assert "double" in operator_names()
        functions = PlainFunctions(
            lambda x: (2 * x, None), lambda dout, cache: 2 * dout, ("out",), ("x",)
        )
        found = explore(
            find_operator("double"), Local("double", functions), Promise(), examples=20, seed=0
        )
        assert not found.failing
        assert found.findings["gradient"].examples
    finally:
        sys.modules.pop("properties.operators.double", None)


LAYERS = [name for name in operator_names() if name not in (*model_names(), *loop_names())]


def functions_of(name):
    backward = [f"{name}_backward"] if find_operator(name).differentiable else []
    return [f"{name}_forward", *backward]


@pytest.mark.parametrize("path", [reference.naive, reference.vectorized])
def test_both_paths_export_every_operator(path):
    exported = dir(path)
    for name in LAYERS:
        for function in functions_of(name):
            assert function in exported
            assert callable(getattr(path, function))
    with pytest.raises(AttributeError, match="has no function 'conv9d_forward'"):
        path.conv9d_forward  # noqa: B018


def test_both_paths_have_the_same_signatures():
    import inspect

    for name in LAYERS:
        for function in functions_of(name):
            naive, fast = (getattr(p, function) for p in (reference.naive, reference.vectorized))
            assert list(inspect.signature(naive).parameters.values()) == list(
                inspect.signature(fast).parameters.values()
            ), function


def test_the_command_lists_operators_without_importing_them():
    assert operator_files() == operator_names()


@pytest.mark.parametrize("name", operator_names())
def test_an_operator_is_complete(name):
    operator = find_operator(name)
    assert operator.source.startswith(("torch.", "torchvision."))
    assert operator.laws
    assert operator.mistakes
    assert operator.corners
    assert operator.workloads or not operator.differentiable
    assert set(operator.regimes) <= set(REGIMES)
    assert ("kinks" in operator.regimes) == bool(operator.kinked)
    for path in ("naive", "vectorized"):
        assert reference_of(operator, path).name == path
    for workload in operator.workloads:
        assert importlib.import_module("json").dumps(dict(workload.attributes))


@pytest.mark.parametrize("name", operator_names())
def test_every_case_has_a_finite_oracle(name):
    """A case without a right answer would be skipped in silence."""
    from properties.oracle import expect

    operator = find_operator(name)

    def finite(case):
        expected = expect(operator, case, 0, operator.arrays(case), True)
        assert expected.finite, case.key

    draw_cases(operator.cases(Domain()), 80, 0, finite)


@pytest.mark.parametrize("name", convention_names())
def test_spellings_name_operators_and_promise_within_their_domain(name):
    spellings = find_convention(name).spellings(operator_names())
    # Many names of one function promise the same.
    promises = {f"{s.operator} {s.promise.domain} {s.promise.square}": s for s in spellings}
    for spelling in promises.values():
        operator, promise = find_operator(spelling.operator), spelling.promise
        assert set(promise.beyond) <= set(promise.domain)
        drawn = []
        draw_cases(operator.cases(Domain(promise.domain, promise.square)), 30, 0, drawn.append)
        for case in drawn:
            for pair in promise.square:
                # Pooling draws its `kernel_size` as a kernel.
                value = case.attributes.get(pair) or case.attributes.get(f"{pair}_size")
                assert value is None or value[0] == value[1], case.key
            for attribute, allowed in promise.domain.items():
                value = case.at(0).get(attribute, case.attributes.get(attribute))
                if attribute == "end":  # drawn as -1 where there is none
                    value = -1 if value is None else value
                if attribute in case.attributes and not isinstance(value, tuple):
                    assert value in allowed, (attribute, case.key)


def candidate(*names: str) -> types.SimpleNamespace:
    return types.SimpleNamespace(**{name: lambda *arguments: None for name in names})


def test_the_convention_is_recognised_by_most_names():
    operators = operator_names()
    cs231n = candidate("affine_forward", "affine_backward", "relu_forward", "relu_backward")
    plain = candidate("linear_forward", "linear_backward", "relu_forward", "relu_backward")
    assert recognise(cs231n, operators).name == "cs231n"
    assert recognise(plain, operators).name == "plain"
    assert recognise(candidate("main"), operators) is None
    assert {c.name for c in import_all()} == set(convention_names())


def test_unknown_names_are_refused_with_those_there_are():
    with pytest.raises(ValueError, match=r"operator must be one of .*conv2d.*got 'conv9d'"):
        find_operator("conv9d")
    with pytest.raises(ValueError, match=r"convention must be one of .*cs231n.*got 'mine'"):
        find_convention("mine")
