"""The checked arguments of a graph of operations, shared by both paths of autodiff."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from reference._arguments import array, same_dtype, shaped

OPERANDS = {
    **dict.fromkeys(("add", "multiply", "divide", "matmul"), 2),
    **dict.fromkeys(("negate", "exp", "log", "tanh", "relu"), 1),
    **dict.fromkeys(("add_scalar", "multiply_scalar", "power_scalar"), 1),
    **dict.fromkeys(("summation", "logsumexp", "broadcast_to", "reshape", "transpose"), 1),
}
"""The operations, and of how many values each is."""

BARE = frozenset("add multiply divide matmul negate exp log tanh relu".split())
"""Those that take no parameter."""

LEAVES = 2  # x and y are values 0 and 1

Step = tuple[str, tuple[int, ...], Any]


def check_graph(graph: Any) -> tuple[Step, ...]:
    """The steps (operation, places of its operands, parameter). Raises ValueError."""
    if not isinstance(graph, Sequence) or isinstance(graph, str) or not graph:
        raise ValueError(f"graph must have at least one step, got {graph!r}")
    for place, step in enumerate(graph):
        if not isinstance(step, Sequence) or isinstance(step, str) or len(step) != 3:
            raise ValueError(f"graph[{place}] must be (operation, operands, parameter): {step!r}")
        name, operands, _ = step
        if name not in OPERANDS:
            raise ValueError(f"graph[{place}] must be one of {tuple(OPERANDS)}, got {name!r}")
        there = range(LEAVES + place)
        if len(operands) != OPERANDS[name] or any(i not in there for i in operands):
            raise ValueError(
                f"graph[{place}]: {name} takes {OPERANDS[name]} of the values 0 to {there[-1]}, "
                f"got {tuple(operands)}"
            )
    return tuple((name, tuple(operands), parameter) for name, operands, parameter in graph)


def check_leaves(x: Any, y: Any, ux: Any, uy: Any) -> None:
    """Refuse leaves and directions that are no arrays of one dtype and of each other's shape."""
    for name, direction, leaf in (("ux", ux, array("x", x)), ("uy", uy, array("y", y))):
        shaped(name, array(name, direction), leaf.shape)
    same_dtype(x=x, y=y, ux=ux, uy=uy)


def check_cotangent(v: Any, out: np.ndarray) -> None:
    """Refuse what is no array of the shape and dtype of the last value."""
    shaped("v", array("v", v), out.shape)
    same_dtype(out=out, v=v)
