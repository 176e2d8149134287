"""The references of an operator as implementations in this process."""

from __future__ import annotations

import importlib
import importlib.util
import types

from properties.implementation import Local
from properties.operator import Operator, find_operator, operator_names
from properties.plain import PlainFunctions


def plain_functions(module: types.ModuleType, operator: Operator) -> PlainFunctions:
    """`NAME_forward` and `NAME_backward` of a module, by the operator's names."""
    return PlainFunctions(
        getattr(module, f"{operator.name}_forward"),
        getattr(module, f"{operator.name}_backward", None),
        operator.results,
        operator.differentiable,
    )


def reference(operator: Operator, path: str) -> Local:
    """The `naive` or the `vectorized` reference of an operator."""
    module = importlib.import_module(f"reference.{path}.{operator.name}")
    return Local(path, plain_functions(module, operator), complex_step=path == "naive")


def has_references(operator: Operator) -> bool:
    """Whether the operator is one of the suite's own, with a file in both paths."""
    if operator.name not in operator_names() or find_operator(operator.name) is not operator:
        return False
    return importlib.util.find_spec(f"reference.naive.{operator.name}") is not None
