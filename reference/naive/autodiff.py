"""Reverse-mode differentiation of a graph of array operations, whose gradients are graphs too.

Each operation says what it computes and, as operations again, what its gradients are. So a gradient
is a value of the same kind as any other, and can be differentiated once more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from reference._autodiff_arguments import Step, check_cotangent, check_graph, check_leaves


class Node:
    """A value, and the operation and operands that it comes from (none for a leaf)."""

    def __init__(self, value: np.ndarray, op: Op | None = None, operands: tuple = ()) -> None:
        self.value, self.op, self.operands = value, op, operands

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    def __add__(self, other: Node) -> Node:
        return Add()(self, other)

    def __mul__(self, other: Node) -> Node:
        return Multiply()(self, other)

    def __truediv__(self, other: Node) -> Node:
        return Divide()(self, other)

    def __neg__(self) -> Node:
        return Negate()(self)


class Op:
    """An operation on nodes: what it computes of arrays, and its gradients as operations.

    The parameter is a number, an exponent, axes or a shape, by the operation.
    """

    compute: Callable[..., Any]

    def __init__(self, parameter: Any = None) -> None:
        self.parameter = parameter

    def __call__(self, *operands: Node) -> Node:
        return Node(np.asarray(self.compute(*(n.value for n in operands))), self, operands)

    def gradient(self, dout: Node, out: Node) -> tuple[Node, ...]:
        """The gradient of each operand of `out`, given that of `out`."""
        raise NotImplementedError


class Add(Op):
    def compute(self, a: np.ndarray, b: np.ndarray) -> Any:
        return a + b

    def gradient(self, dout: Node, out: Node) -> tuple[Node, ...]:
        a, b = out.operands
        return narrowed(dout, a), narrowed(dout, b)


class Multiply(Op):
    def compute(self, a: np.ndarray, b: np.ndarray) -> Any:
        return a * b

    def gradient(self, dout: Node, out: Node) -> tuple[Node, ...]:
        a, b = out.operands
        return narrowed(dout * b, a), narrowed(dout * a, b)


class Divide(Op):
    def compute(self, a: np.ndarray, b: np.ndarray) -> Any:
        return a / b

    def gradient(self, dout: Node, out: Node) -> tuple[Node, ...]:
        a, b = out.operands
        return narrowed(dout / b, a), narrowed(-(dout * a / (b * b)), b)


class Negate(Op):
    def compute(self, a: np.ndarray) -> Any:
        return -a

    def gradient(self, dout: Node, out: Node) -> tuple[Node, ...]:
        return (-dout,)


class AddScalar(Op):
    def compute(self, a: np.ndarray) -> Any:
        return a + self.parameter

    def gradient(self, dout: Node, out: Node) -> tuple[Node, ...]:
        return (dout,)


class MultiplyScalar(Op):
    def compute(self, a: np.ndarray) -> Any:
        return a * self.parameter

    def gradient(self, dout: Node, out: Node) -> tuple[Node, ...]:
        return (MultiplyScalar(self.parameter)(dout),)


class PowerScalar(Op):
    def compute(self, a: np.ndarray) -> Any:
        return a**self.parameter

    def gradient(self, dout: Node, out: Node) -> tuple[Node, ...]:
        (a,) = out.operands
        return (dout * MultiplyScalar(self.parameter)(PowerScalar(self.parameter - 1)(a)),)


class Exp(Op):
    def compute(self, a: np.ndarray) -> Any:
        return np.exp(a)

    def gradient(self, dout: Node, out: Node) -> tuple[Node, ...]:
        return (dout * out,)


class Log(Op):
    def compute(self, a: np.ndarray) -> Any:
        return np.log(a)

    def gradient(self, dout: Node, out: Node) -> tuple[Node, ...]:
        (a,) = out.operands
        return (dout / a,)


class Tanh(Op):
    def compute(self, a: np.ndarray) -> Any:
        return np.tanh(a)

    def gradient(self, dout: Node, out: Node) -> tuple[Node, ...]:
        return (dout * AddScalar(1)(-(out * out)),)


class Relu(Op):
    def compute(self, a: np.ndarray) -> Any:
        return np.where(a.real > 0, a, 0)

    def gradient(self, dout: Node, out: Node) -> tuple[Node, ...]:
        (a,) = out.operands
        return (dout * Node((a.value.real > 0).astype(a.value.dtype)),)


class Matmul(Op):
    def compute(self, a: np.ndarray, b: np.ndarray) -> Any:
        return a @ b

    def gradient(self, dout: Node, out: Node) -> tuple[Node, ...]:
        a, b = out.operands
        da, db = Matmul()(dout, transposed(b)), Matmul()(transposed(a), dout)
        return narrowed(da, a), narrowed(db, b)


class Summation(Op):
    def compute(self, a: np.ndarray) -> Any:
        return np.sum(a, axis=self.parameter)

    def gradient(self, dout: Node, out: Node) -> tuple[Node, ...]:
        (a,) = out.operands
        return (spread(dout, a, self.parameter),)


class Logsumexp(Op):
    def compute(self, a: np.ndarray) -> Any:
        largest = np.max(a.real, axis=self.parameter, keepdims=True)
        total = np.sum(np.exp(a - largest), axis=self.parameter)
        return np.log(total) + largest.reshape(np.shape(total))

    def gradient(self, dout: Node, out: Node) -> tuple[Node, ...]:
        (a,) = out.operands
        share = Exp()(a + -spread(out, a, self.parameter))
        return (spread(dout, a, self.parameter) * share,)


class BroadcastTo(Op):
    def compute(self, a: np.ndarray) -> Any:
        return np.broadcast_to(a, self.parameter).copy()

    def gradient(self, dout: Node, out: Node) -> tuple[Node, ...]:
        (a,) = out.operands
        return (narrowed(dout, a),)


class Reshape(Op):
    def compute(self, a: np.ndarray) -> Any:
        return a.reshape(self.parameter)

    def gradient(self, dout: Node, out: Node) -> tuple[Node, ...]:
        (a,) = out.operands
        return (Reshape(a.shape)(dout),)


class Transpose(Op):
    def compute(self, a: np.ndarray) -> Any:
        return np.swapaxes(a, *self.parameter)

    def gradient(self, dout: Node, out: Node) -> tuple[Node, ...]:
        return (Transpose(self.parameter)(dout),)


OPERATIONS = {
    "add": Add,
    "multiply": Multiply,
    "divide": Divide,
    "negate": Negate,
    "add_scalar": AddScalar,
    "multiply_scalar": MultiplyScalar,
    "power_scalar": PowerScalar,
    "exp": Exp,
    "log": Log,
    "tanh": Tanh,
    "relu": Relu,
    "matmul": Matmul,
    "summation": Summation,
    "logsumexp": Logsumexp,
    "broadcast_to": BroadcastTo,
    "reshape": Reshape,
    "transpose": Transpose,
}


def transposed(a: Node) -> Node:
    return Transpose((-1, -2))(a)


def narrowed(a: Node, like: Node) -> Node:
    """The sum over what broadcasting repeated."""
    more = len(a.shape) - len(like.shape)
    repeated = [i for i in range(len(a.shape)) if i < more or like.shape[i - more] < a.shape[i]]
    if repeated:
        a = Summation(tuple(repeated))(a)
    return Reshape(like.shape)(a) if a.shape != like.shape else a


def spread(a: Node, like: Node, axes: tuple[int, ...] | None) -> Node:
    """What was reduced over `axes`, repeated there."""
    ndim = len(like.shape)
    reduced = range(ndim) if axes is None else [axis % ndim for axis in axes]
    kept = tuple(1 if i in reduced else size for i, size in enumerate(like.shape))
    return BroadcastTo(like.shape)(Reshape(kept)(a))


def gradients(out: Node, dout: Node, leaves: Sequence[Node]) -> list[Node]:
    """The gradients of leaves, given that of out; zeros where out does not depend on one."""
    found: dict[int, list[Node]] = {id(out): [dout]}
    for node in reversed(in_order(out)):
        total = found[id(node)][0]
        for part in found[id(node)][1:]:
            total = total + part
        found[id(node)] = [total]
        if node.op is not None:
            for operand, part in zip(node.operands, node.op.gradient(total, node), strict=True):
                found.setdefault(id(operand), []).append(part)
    empty = [Node(np.zeros_like(leaf.value)) for leaf in leaves]
    return [found.get(id(leaf), [zero])[0] for leaf, zero in zip(leaves, empty, strict=True)]


def in_order(out: Node) -> list[Node]:
    """Every node that out depends on, after its operands; each once."""
    order: list[Node] = []
    seen: set[int] = set()

    def visit(node: Node) -> None:
        if id(node) not in seen:
            seen.add(id(node))
            for operand in node.operands:
                visit(operand)
            order.append(node)

    visit(out)
    return order


def autodiff_forward(
    x: np.ndarray,
    y: np.ndarray,
    v: np.ndarray,
    ux: np.ndarray,
    uy: np.ndarray,
    *,
    graph: Sequence[Step],
) -> tuple[np.ndarray, ...]:
    """`torch.autograd.grad`: the last value of a graph, and its gradients of x and y.

    x and y of any shapes are values 0 and 1; each step (operation, places of its operands,
    parameter) adds one. Operations and parameters: add, multiply, divide and matmul (all with
    NumPy's broadcasting), negate, exp, log, tanh, relu; add_scalar and multiply_scalar by a number,
    power_scalar with a whole exponent; summation and logsumexp over axes (None: all);
    broadcast_to and reshape to a shape; transpose of two axes. Returns out, dx and dy for the
    cotangent v of out, and ddx and ddy, the gradients of sum(ux * dx) + sum(uy * dy). Raises
    TypeError and ValueError on bad arguments.
    """
    steps = check_graph(graph)
    check_leaves(x, y, ux, uy)
    leaves = [Node(x), Node(y)]
    values = list(leaves)
    for name, operands, parameter in steps:
        values.append(OPERATIONS[name](parameter)(*(values[i] for i in operands)))
    out = values[-1]
    check_cotangent(v, out.value)
    first = gradients(out, Node(v), leaves)
    parts = [Summation(None)(Node(u) * d) for u, d in zip((ux, uy), first, strict=True)]
    rise = parts[0] + parts[1]
    second = gradients(rise, Node(np.ones((), x.dtype)), leaves)
    return tuple(np.array(node.value) for node in (out, *first, *second))
