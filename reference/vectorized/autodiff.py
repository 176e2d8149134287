"""Reverse-mode differentiation on a tape, and second order in the same sweep.

The steps are computed in order and their gradients in reverse, on arrays. For second order the
arrays carry their change along the directions ux and uy, and the change of a gradient is the
product of the Hessian with them: one sweep instead of a graph of gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from reference._autodiff_arguments import Step, check_cotangent, check_graph, check_leaves
from reference.vectorized._duals import Dual


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
    values = [Dual(x, ux), Dual(y, uy)]
    for name, operands, parameter in steps:
        values.append(COMPUTE[name](parameter, *(values[i] for i in operands)))
    out = np.asarray(values[-1].value)
    check_cotangent(v, out)
    found = _swept(steps, values, Dual(v, np.zeros_like(v)))
    changes = [np.asarray(gradient.tangent) for gradient in found]
    return (np.array(out), *(np.array(gradient.value) for gradient in found), *changes)


def _swept(steps: Sequence[Step], values: Sequence[Dual], dout: Dual) -> list[Dual]:
    """The gradients of both leaves."""
    gradients: dict[int, Dual] = {len(values) - 1: dout}
    for place in range(len(values) - 1, 1, -1):
        if place not in gradients:
            continue
        name, operands, parameter = steps[place - 2]
        given = (gradients[place], values[place], *(values[i] for i in operands))
        for i, part in zip(operands, GRADIENT[name](parameter, *given), strict=True):
            gradients[i] = gradients[i] + part if i in gradients else part
    return [gradients.get(i, values[i].linear(np.zeros_like)) for i in (0, 1)]


def _exp(a: Dual) -> Dual:
    return a.mapped(np.exp, lambda value, result: result)


def _log(a: Dual) -> Dual:
    return a.mapped(np.log, lambda value, result: 1 / value)


def _tanh(a: Dual) -> Dual:
    return a.mapped(np.tanh, lambda value, result: 1 - result * result)


def _positive(a: Dual) -> np.ndarray:
    """1 where a is positive, else 0: constant, so without a tangent."""
    return (a.value > 0).astype(a.value.dtype)


def _sum(a: Dual, axes: Any) -> Dual:
    return a.linear(np.sum, axes)


def _reshaped(a: Dual, shape: tuple[int, ...]) -> Dual:
    return a.linear(np.reshape, shape)


def _swapped(a: Dual, axes: tuple[int, int] = (-1, -2)) -> Dual:
    return a.linear(np.swapaxes, *axes)


def _narrowed(a: Dual, like: Dual) -> Dual:
    """The sum over what broadcasting repeated."""
    more = a.ndim - like.ndim
    repeated = [i for i, size in enumerate(a.shape) if i < more or like.shape[i - more] < size]
    return _reshaped(_sum(a, tuple(repeated)), like.shape) if repeated else a


def _spread(a: Dual, like: Dual, axes: tuple[int, ...] | None) -> Dual:
    """What was reduced over `axes`, repeated there."""
    reduced = range(like.ndim) if axes is None else [axis % like.ndim for axis in axes]
    kept = tuple(1 if i in reduced else size for i, size in enumerate(like.shape))
    return _reshaped(a, kept).linear(np.broadcast_to, like.shape)


def _logsumexp(axes: tuple[int, ...] | None, a: Dual) -> Dual:
    largest = np.max(a.value, axis=axes, keepdims=True)
    total = _log(_sum(_exp(a + -largest), axes))
    return total + largest.reshape(total.shape)


def _of_power(exponent: int, d: Dual, out: Dual, a: Dual) -> tuple[Dual, ...]:
    return (d * (a ** (exponent - 1) * exponent),)


def _of_division(_: Any, d: Dual, out: Dual, a: Dual, b: Dual) -> tuple[Dual, ...]:
    part = d / b
    return _narrowed(part, a), _narrowed(-(part * out), b)


def _of_matmul(_: Any, d: Dual, out: Dual, a: Dual, b: Dual) -> tuple[Dual, ...]:
    return _narrowed(d @ _swapped(b), a), _narrowed(_swapped(a) @ d, b)


COMPUTE: dict[str, Callable[..., Dual]] = {
    "add": lambda _, a, b: a + b,
    "multiply": lambda _, a, b: a * b,
    "divide": lambda _, a, b: a / b,
    "negate": lambda _, a: -a,
    "add_scalar": lambda number, a: a + number,
    "multiply_scalar": lambda number, a: a * number,
    "power_scalar": lambda exponent, a: a**exponent,
    "exp": lambda _, a: _exp(a),
    "log": lambda _, a: _log(a),
    "tanh": lambda _, a: _tanh(a),
    "relu": lambda _, a: a * _positive(a),
    "matmul": lambda _, a, b: a @ b,
    "summation": lambda axes, a: _sum(a, axes),
    "logsumexp": _logsumexp,
    "broadcast_to": lambda shape, a: a.linear(np.broadcast_to, shape),
    "reshape": lambda shape, a: _reshaped(a, shape),
    "transpose": lambda axes, a: _swapped(a, axes),
}
"""Of each operation, its result from its parameter and operands."""

GRADIENT: dict[str, Callable[..., tuple[Dual, ...]]] = {
    "add": lambda _, d, out, a, b: (_narrowed(d, a), _narrowed(d, b)),
    "multiply": lambda _, d, out, a, b: (_narrowed(d * b, a), _narrowed(d * a, b)),
    "divide": _of_division,
    "negate": lambda _, d, out, a: (-d,),
    "add_scalar": lambda _, d, out, a: (d,),
    "multiply_scalar": lambda number, d, out, a: (d * number,),
    "power_scalar": _of_power,
    "exp": lambda _, d, out, a: (d * out,),
    "log": lambda _, d, out, a: (d / a,),
    "tanh": lambda _, d, out, a: (d * (-(out * out) + 1),),
    "relu": lambda _, d, out, a: (d * _positive(a),),
    "matmul": _of_matmul,
    "summation": lambda axes, d, out, a: (_spread(d, a, axes),),
    "logsumexp": lambda axes, d, out, a: (_spread(d, a, axes) * _exp(a + -_spread(out, a, axes)),),
    "broadcast_to": lambda _, d, out, a: (_narrowed(d, a),),
    "reshape": lambda _, d, out, a: (_reshaped(d, a.shape),),
    "transpose": lambda axes, d, out, a: (_swapped(d, axes),),
}
"""Of each operation, the gradients of its operands from that of its result."""
