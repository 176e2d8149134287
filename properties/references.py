"""The references of an operator as implementations in this process."""

from __future__ import annotations

import importlib
import importlib.util
import types

from properties.host import Functions
from properties.implementation import Local
from properties.models import (
    ClassifierFunctions,
    ModelFunctions,
    find_loop,
    find_model,
    loop_functions,
    model_of,
)
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
    if _composed(operator) is None:
        module = importlib.import_module(f"reference.{path}.{operator.name}")
    else:
        module = source_of(operator)
    functions = functions_of(module, operator, path)
    return Local(path, functions, complex_step=path == "naive" and bool(operator.differentiable))


def _composed(operator: Operator) -> types.ModuleType | None:
    """The file of a model or a loop, whose path is an argument."""
    return find_model(operator.name) or find_loop(operator.name)


def is_composed(operator: Operator) -> bool:
    """Whether the operator is a model or a loop, whose layers are operators themselves."""
    return _composed(operator) is not None


COMPOSED = 4
"""So many times fewer examples for models and loops: they take long, and their layers have all."""


def enough_examples(operator: Operator, examples: int) -> int:
    """How many of so many examples an operator is given: all, or a share of them."""
    return max(1, examples // COMPOSED) if is_composed(operator) else examples


def source_of(operator: Operator) -> types.ModuleType:
    """The file that says what an operator means: its naive path, its model or its loop."""
    return _composed(operator) or importlib.import_module(f"reference.naive.{operator.name}")


def functions_of(
    module: types.ModuleType, operator: Operator, path: str = "vectorized"
) -> Functions:
    """The functions of an operator's file, or of a changed copy of it."""
    if find_model(operator.name) is not None:
        draws_weights = hasattr(model_of(module), "fit")
        return (ClassifierFunctions if draws_weights else ModelFunctions)(module, path)
    if find_loop(operator.name) is not None:
        return loop_functions(module, path)
    return plain_functions(module, operator)


def has_references(operator: Operator) -> bool:
    """Whether the operator is one of the suite's own, with a file in both paths."""
    if operator.name not in operator_names() or find_operator(operator.name) is not operator:
        return False
    if _composed(operator) is not None:
        return True
    return importlib.util.find_spec(f"reference.naive.{operator.name}") is not None
