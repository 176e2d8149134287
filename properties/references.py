"""The references of an operator as implementations in this process."""

from __future__ import annotations

import importlib
import importlib.util
import types

from properties.host import Functions
from properties.implementation import Local
from properties.models import ModelFunctions, find_model
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
    functions: Functions
    model = find_model(operator.name)
    if model is not None:
        functions = ModelFunctions(model, path)
    else:
        module = importlib.import_module(f"reference.{path}.{operator.name}")
        functions = plain_functions(module, operator)
    return Local(path, functions, complex_step=path == "naive")


def source_of(operator: Operator) -> types.ModuleType:
    """The file that says what an operator means: its naive path, or its model."""
    return find_model(operator.name) or importlib.import_module(f"reference.naive.{operator.name}")


def edited_functions(module: types.ModuleType, operator: Operator) -> Functions:
    """The functions of a changed copy of `source_of(operator)`."""
    if find_model(operator.name) is not None:
        return ModelFunctions(module, "vectorized")
    return plain_functions(module, operator)


def has_references(operator: Operator) -> bool:
    """Whether the operator is one of the suite's own, with a file in both paths."""
    if operator.name not in operator_names() or find_operator(operator.name) is not operator:
        return False
    if find_model(operator.name) is not None:
        return True
    return importlib.util.find_spec(f"reference.naive.{operator.name}") is not None
