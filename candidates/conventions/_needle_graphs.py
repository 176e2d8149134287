"""The worker half of needle's operations: graphs of one kind, and the gradients of gradients."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from properties.plain import WrongResult, given

Calls = Mapping[str, Callable[..., Any]]


def _axes(axes: tuple[int, ...] | None, a: Any) -> tuple[int, ...] | None:
    """Axes counted from 0; the last two are what is meant where none are given."""
    return None if axes is None else tuple(axis % len(a.shape) for axis in axes)


CALLS: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("add", "multiply", "divide", "matmul"), lambda f, _, a, b: f(a, b)),
    **dict.fromkeys(("negate", "exp", "log"), lambda f, _, a: f(a)),
    **dict.fromkeys(
        ("add_scalar", "multiply_scalar", "power_scalar"), lambda f, number, a: f(a, number)
    ),
    **dict.fromkeys(("reshape", "broadcast_to"), lambda f, shape, a: f(a, shape)),
    **dict.fromkeys(("summation", "logsumexp"), lambda f, axes, a: f(a, axes=_axes(axes, a))),
    "transpose": lambda f, axes, a: f(a) if tuple(axes) == (-1, -2) else f(a, axes=_axes(axes, a)),
}
"""Of each operation, the call of the course's function with a parameter and operands."""

OVERLOADED: Calls = {
    "add": lambda _, a, b: a + b,
    "multiply": lambda _, a, b: a * b,
    "negate": lambda _, a: -a,
    "add_scalar": lambda number, a: a + number,
    "multiply_scalar": lambda number, a: a * number,
}
"""What the engine is judged on: the operators of its tensors."""

NAMES = {"multiply_scalar": "mul_scalar"}
FIRST_ORDER = ("logsumexp",)  # its gradient may be computed on arrays


class Graph:
    """A function of `needle.ops` on tensors: `out.backward(v)`, and `x.grad.backward(u)` again."""

    def __init__(self, operation: str, function: Any, engine: Any) -> None:
        self._operation, self._function, self._engine = operation, function, engine

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        leaves = [self._engine.tensor(inputs[name]) for name in ("x", "y")]
        values = list(leaves)
        for name, places, parameter in at["graph"]:
            operands = (values[i] for i in places)
            values.append(given(self._call(name, parameter, *operands)))
        out = values[-1]
        outputs = {"out": _array(out, "out", tuple(at["out_shape"]))}
        gradients = self._swept(out, inputs["v"], leaves)
        shapes = inputs["x"].shape, inputs["y"].shape
        for name, gradient, shape in zip(("dx", "dy"), gradients, shapes, strict=True):
            outputs[name] = np.zeros(shape) if gradient is None else _array(gradient, name, shape)
        if self._operation not in FIRST_ORDER:
            outputs |= self._second(gradients, inputs, leaves)
        return outputs, None

    def _call(self, name: str, parameter: Any, *operands: Any) -> Any:
        if self._operation == "engine":
            return OVERLOADED[name](parameter, *operands)
        return CALLS[name](self._function, parameter, *operands)

    def _swept(self, out: Any, v: np.ndarray, leaves: list[Any]) -> list[Any]:
        """The gradients that a backward leaves in the leaves, None where it leaves none."""
        for leaf in leaves:
            leaf.grad = None
        out.backward(self._engine.tensor(v.reshape(tuple(out.shape)), requires_grad=False))
        return [getattr(leaf, "grad", None) for leaf in leaves]

    def _second(
        self, gradients: list[Any], inputs: Mapping[str, Any], leaves: list[Any]
    ) -> dict[str, Any]:
        """The gradients of sum(ux * dx) + sum(uy * dy), which are graphs as well."""
        found = {n: np.zeros_like(inputs[leaf]) for n, leaf in (("ddx", "x"), ("ddy", "y"))}
        for gradient, direction in zip(gradients, ("ux", "uy"), strict=True):
            if gradient is None:
                continue
            again = self._swept(gradient, inputs[direction], leaves)
            for name, part in zip(found, again, strict=True):
                if part is not None:
                    found[name] = found[name] + _array(part, name, found[name].shape)
        return found

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        raise NotImplementedError("gradients are results here")


def _array(tensor: Any, what: str, shape: tuple[int, ...]) -> Any:
    """The array of a tensor; a number may come as an array of one element."""
    if not hasattr(tensor, "numpy"):
        raise WrongResult(f"{what} is {type(tensor).__name__}, not a Tensor")
    array = np.asarray(tensor.numpy())
    return array.reshape(()) if shape == () and array.size == 1 else array


def told(operation: str, engine: Any) -> Mapping[str, Any]:
    """What the course's own arrays cannot do: more than matrices, sums over several axes.

    Nor have they arrays without axes, which logsumexp over all would need.
    """
    if isinstance(engine.tensor(np.ones(1)).cached_data, np.ndarray):
        return {}
    cannot = {"ndim": (2,), "several_axes": (False,)}
    return {"domain": cannot | ({"all_axes": (False,)} if operation == "logsumexp" else {})}


def is_engine(member: Any) -> bool:
    """Whether it is the course's function that goes through a graph in reverse."""
    return inspect.isfunction(member) and "Tensor" in member.__globals__
