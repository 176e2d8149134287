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

Number = Any  # an array, or a Dual


def autodiff_forward(
    x: np.ndarray,
    y: np.ndarray,
    v: np.ndarray,
    ux: np.ndarray | None = None,
    uy: np.ndarray | None = None,
    *,
    graph: Sequence[Step],
    order: int = 1,
) -> tuple[np.ndarray, ...]:
    """`torch.autograd.grad`: the last value of a graph, and its gradients of x and y.

    x and y of any shapes are values 0 and 1; each step (operation, places of its operands,
    parameter) adds one. Operations and parameters: add, multiply, divide and matmul (all with
    NumPy's broadcasting), negate, exp, log, tanh, relu; add_scalar and multiply_scalar by a number,
    power_scalar with a whole exponent; summation and logsumexp over axes (None: all);
    broadcast_to and reshape to a shape; transpose of two axes. Returns out, dx and dy for the
    cotangent v of out; with order 2 also ddx and ddy, the gradients of sum(ux * dx) +
    sum(uy * dy). Raises TypeError and ValueError on bad arguments.
    """
    steps = check_graph(graph)
    check_leaves(x, y, order, ux, uy)
    values: list[Number] = [x, y]
    if order == 2:
        values = [Dual(x, np.asarray(ux)), Dual(y, np.asarray(uy))]
    for name, operands, parameter in steps:
        values.append(COMPUTE[name](parameter, *(values[i] for i in operands)))
    out = np.asarray(_value(values[-1]))
    check_cotangent(v, out)
    found = _swept(steps, values, v if order == 1 else Dual(v, np.zeros_like(v)))
    first = [np.array(_value(gradient)) for gradient in found]
    second = [gradient.tangent for gradient in found] if order == 2 else []
    return (np.array(out), *first, *second)


def _swept(steps: Sequence[Step], values: Sequence[Number], dout: Number) -> list[Number]:
    """The gradients of both leaves."""
    gradients: list[Number] = [None] * len(values)
    gradients[-1] = dout
    for place in range(len(steps) - 1, -1, -1):
        name, operands, parameter = steps[place]
        above = gradients[place + 2]
        if above is None:
            continue
        parts = GRADIENT[name](parameter, above, values[place + 2], *(values[i] for i in operands))
        for i, part in zip(operands, parts, strict=True):
            gradients[i] = part if gradients[i] is None else gradients[i] + part
    zeros = [_linear(leaf, np.zeros_like) for leaf in values[:2]]
    return [zero if g is None else g for g, zero in zip(gradients[:2], zeros, strict=True)]


def _value(number: Number) -> Any:
    return number.value if isinstance(number, Dual) else number


def _linear(a: Number, function: Callable[..., Any], *arguments: Any) -> Number:
    if isinstance(a, Dual):
        return a.linear(function, *arguments)
    return function(a, *arguments)


def _mapped(a: Number, function: Callable[..., Any], slope: Callable[..., Any]) -> Number:
    return a.mapped(function, slope) if isinstance(a, Dual) else function(a)


def _exp(a: Number) -> Number:
    return _mapped(a, np.exp, lambda value, result: result)


def _log(a: Number) -> Number:
    return _mapped(a, np.log, lambda value, result: 1 / value)


def _tanh(a: Number) -> Number:
    return _mapped(a, np.tanh, lambda value, result: 1 - result * result)


def _positive(a: Number) -> np.ndarray:
    """1 where a is positive, else 0: constant, so without a tangent."""
    return (_value(a) > 0).astype(_value(a).dtype)


def _sum(a: Number, axes: Any) -> Number:
    return _linear(a, np.sum, axes)


def _reshaped(a: Number, shape: tuple[int, ...]) -> Number:
    return _linear(a, np.reshape, shape)


def _swapped(a: Number, axes: tuple[int, int] = (-1, -2)) -> Number:
    return _linear(a, np.swapaxes, *axes)


def _narrowed(a: Number, like: Number) -> Number:
    """The sum over what broadcasting repeated."""
    shape = np.shape(_value(a))
    wanted = np.shape(_value(like))
    more = len(shape) - len(wanted)
    repeated = [i for i, size in enumerate(shape) if i < more or wanted[i - more] < size]
    return _reshaped(_sum(a, tuple(repeated)), wanted) if repeated else a


def _spread(a: Number, like: Number, axes: tuple[int, ...] | None) -> Number:
    """What was reduced over `axes`, repeated there."""
    shape = np.shape(_value(like))
    reduced = range(len(shape)) if axes is None else [axis % len(shape) for axis in axes]
    kept = tuple(1 if i in reduced else size for i, size in enumerate(shape))
    return _linear(_reshaped(a, kept), np.broadcast_to, shape)


def _logsumexp(axes: tuple[int, ...] | None, a: Number) -> Number:
    largest = np.max(_value(a), axis=axes, keepdims=True)
    total = _log(_sum(_exp(a + -largest), axes))
    return total + largest.reshape(np.shape(_value(total)))


def _of_power(exponent: int, d: Number, out: Number, a: Number) -> tuple[Number, ...]:
    return (d * (a ** (exponent - 1) * exponent),)


def _of_division(_: Any, d: Number, out: Number, a: Number, b: Number) -> tuple[Number, ...]:
    part = d / b
    return _narrowed(part, a), _narrowed(-(part * out), b)


def _of_matmul(_: Any, d: Number, out: Number, a: Number, b: Number) -> tuple[Number, ...]:
    return _narrowed(d @ _swapped(b), a), _narrowed(_swapped(a) @ d, b)


COMPUTE: dict[str, Callable[..., Number]] = {
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
    "broadcast_to": lambda shape, a: _linear(a, np.broadcast_to, shape),
    "reshape": lambda shape, a: _reshaped(a, shape),
    "transpose": lambda axes, a: _swapped(a, axes),
}
"""Of each operation, its result from its parameter and operands."""

GRADIENT: dict[str, Callable[..., tuple[Number, ...]]] = {
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
    "reshape": lambda _, d, out, a: (_reshaped(d, np.shape(_value(a))),),
    "transpose": lambda axes, d, out, a: (_swapped(d, axes),),
}
"""Of each operation, the gradients of its operands from that of its result."""
