"""autodiff: strategy over graphs of operations, oracle to second order, laws and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs
from properties.operators._graphs import LARGEST, draw_graph
from properties.trembling import PERTURBATION, trembling
from properties.values import Values
from reference._autodiff_arguments import OPERANDS

FIRST = ("out", "dx", "dy")
SECOND = ("ddx", "ddy")


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    return draw_graph(draw, domain)


def inputs(at: Attributes, values: Values) -> Arrays:
    """x away from 0 on either side, y positive; v is the cotangent of out, ux and uy directions."""
    return {
        "x": _leaf(at, values),
        "y": values.positive("y", at["y_shape"]),
        "v": _tame(values, "v", at["out_shape"]),
        "ux": _tame(values, "ux", at["x_shape"]),
        "uy": _tame(values, "uy", at["y_shape"]),
    }


def _tame(values: Values, name: str, shape: tuple[int, ...]) -> np.ndarray:
    ordinary = values if values.regime != "large" else Values("normal", values.seed, values.step)
    return ordinary.nonzero(name, shape)


def _leaf(at: Attributes, values: Values) -> np.ndarray:
    if values.regime == "large":
        steps = values.rng("x").integers(1, 10, at["x_shape"])
        return np.where(values.rng("sign").random(at["x_shape"]) < 0.5, -1e3, 1e3) * steps
    return np.clip(values.nonzero("x", at["x_shape"]), -LARGEST, LARGEST)


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    return _derivatives(tensors, at, lambda value: value)


def trembling_oracle(tensors: Mapping[str, Any], at: Attributes, seed: int) -> dict[str, Any]:
    """What a value's uses hand back is added up before it trembles, and may cancel there.

    So second derivatives move by what terms as large as the first ones, along u, would.
    """
    moved = _derivatives(tensors, at, trembling(seed))
    for name in ("x", "y"):
        if moved[f"d{name}"].numel():
            terms = moved[f"d{name}"].abs().max() * tensors[f"u{name}"].abs().max()
            moved[f"dd{name}"] = moved[f"dd{name}"] + PERTURBATION * terms
    return moved


def _derivatives(
    tensors: Mapping[str, Any], at: Attributes, kept: Callable[[Any], Any]
) -> dict[str, Any]:
    """kept: what is done to the result of every operation before it is used."""
    import torch

    with torch.enable_grad():
        leaves = [tensors[name].detach().clone().requires_grad_() for name in ("x", "y")]
        values = list(leaves)
        for name, operands, parameter in at["graph"]:
            values.append(kept(_torch(name)(parameter, *(kept(values[i]) for i in operands))))
        out = values[-1]
        first = _gradients(out, leaves, tensors["v"])
        rise = sum((tensors[u] * d).sum() for u, d in zip(("ux", "uy"), first, strict=True))
        second = _gradients(rise, leaves, torch.ones((), dtype=out.dtype))
    detached = [result.detach().clone() for result in (out, *first, *second)]
    return dict(zip((*FIRST, *SECOND), detached, strict=True))


def _gradients(out: Any, leaves: list[Any], v: Any) -> list[Any]:
    import torch

    if not out.requires_grad:
        return [torch.zeros_like(leaf) for leaf in leaves]
    found = torch.autograd.grad(out, leaves, v, create_graph=True, allow_unused=True)
    return [torch.zeros_like(x) if g is None else g for x, g in zip(leaves, found, strict=True)]


def _torch(name: str) -> Callable[..., Any]:
    """torch's call for an operation, of its parameter and operands."""
    import torch

    def all_axes(axes: Any, a: Any) -> Any:
        return tuple(range(a.ndim)) if axes is None else tuple(axes)

    calls: dict[str, Callable[..., Any]] = {
        "add": lambda _, a, b: a + b,
        "multiply": lambda _, a, b: a * b,
        "divide": lambda _, a, b: a / b,
        "negate": lambda _, a: -a,
        "add_scalar": lambda number, a: a + number,
        "multiply_scalar": lambda number, a: a * number,
        "power_scalar": lambda exponent, a: a**exponent,
        "exp": lambda _, a: torch.exp(a),
        "log": lambda _, a: torch.log(a),
        "tanh": lambda _, a: torch.tanh(a),
        "relu": lambda _, a: torch.relu(a),
        "matmul": lambda _, a, b: a @ b,
        "summation": lambda axes, a: a.sum(all_axes(axes, a)) if a.ndim else a.clone(),
        "logsumexp": lambda axes, a: torch.logsumexp(a, all_axes(axes, a)) if a.ndim else a.clone(),
        "broadcast_to": lambda shape, a: torch.broadcast_to(a, shape),
        "reshape": lambda shape, a: a.reshape(shape),
        "transpose": lambda axes, a: a.transpose(*axes),
    }
    return calls[name]


def linear_in_v(run: Any, case: Case, inputs: Arrays) -> Pairs:
    twice, once = run({**inputs, "v": -2 * inputs["v"]}), run(inputs)
    for name in (*FIRST[1:], *SECOND):
        if name in once:  # a convention may promise first derivatives alone
            yield name, twice[name], -2 * once[name]


def symmetric(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """The second derivative along u and then w is that along w and then u."""
    values = Values("normal", case.seed, 1)
    w = {n: values.array(n, inputs[n].shape) for n in ("ux", "uy")}
    along_u, along_w = run(inputs), run({**inputs, **w})
    if "ddx" not in along_u:
        return
    pairs = (("ddx", "ux"), ("ddy", "uy"))
    one = sum(np.sum(along_u[d] * w[u]) for d, u in pairs)
    other = sum(np.sum(along_w[d] * inputs[u]) for d, u in pairs)
    yield "the second derivative along both directions", np.asarray(one), np.asarray(other)


def _gradient(kind: str) -> str:
    return f"class {kind}"


CHAIN = "total = total + part"
ORDER = "for node in reversed(in_order(out)):"
SWEPT = "node.op.gradient(total, node)"
MULTIPLY = "return narrowed(dout * b, a), narrowed(dout * a, b)"
DIVIDE = "return narrowed(dout / b, a), narrowed(-(dout * a / (b * b)), b)"
ADD = "return narrowed(dout, a), narrowed(dout, b)"
POWER = "return (dout * MultiplyScalar(self.parameter)(PowerScalar(self.parameter - 1)(a)),)"
EXP = "return (dout * out,)"
LOG = "return (dout / a,)"
TANH = "return (dout * AddScalar(1)(-(out * out)),)"
RELU = "return (dout * Node((a.value.real > 0).astype(a.value.dtype)),)"
MATMUL = "da, db = Matmul()(dout, transposed(b)), Matmul()(transposed(a), dout)"
NARROWED = "return narrowed(da, a), narrowed(db, b)"
SUMMATION = "return (spread(dout, a, self.parameter),)"
SHARE = "share = Exp()(a + -spread(out, a, self.parameter))"
LOGSUMEXP = "return (spread(dout, a, self.parameter) * share,)"
BROADCAST = "return (narrowed(dout, a),)"
RESHAPE = "return (Reshape(a.shape)(dout),)"
TRANSPOSE = "return (Transpose(self.parameter)(dout),)"
SCALE = "return (MultiplyScalar(self.parameter)(dout),)"
REDUCED = "[axis % ndim for axis in axes]"
REPEATED = "if i < more or like.shape[i - more] < a.shape[i]]"
SHIFT = "largest = np.max(a.real, axis=self.parameter, keepdims=True)"


def outside(kind: str, name: str, old: str, new: str) -> Any:
    """A gradient computed on arrays: it has no operands, so that no second one flows through it."""
    return edit(name, f"the gradient of {kind} is a constant to the second derivative", old, new)


MISTAKES = (
    edit(
        "gradients of several uses overwritten",
        "a value that is used twice keeps the gradient of one use only",
        CHAIN,
        "total = part",
    ),
    edit(
        "gradients of several uses averaged",
        "the gradients of the uses are averaged, not added up",
        CHAIN,
        "total = MultiplyScalar(0.5)(total + part)",
    ),
    edit(
        "nodes in the order of their making",
        "a node hands its gradient on before all of it has come",
        ORDER,
        "for node in reversed(sorted(in_order(out), key=lambda n: len(n.operands))):",
        "found[id(node)][0]",
        "found.setdefault(id(node), [Node(np.zeros_like(node.value))])[0]",
    ),
    edit(
        "upstream gradient ignored",
        "each operation starts anew from ones",
        SWEPT,
        "node.op.gradient(Node(np.ones_like(node.value)), node)",
    ),
    edit(
        "upstream gradient changed in place",
        "the caller's v is doubled",
        "total = found[id(node)][0]",
        "total = found[id(node)][0]\n        total.value += total.value if node is out else 0",
    ),
    edit("product without the other factor", "d(ab)/da is 1", MULTIPLY, ADD),
    edit(
        "factors exchanged",
        "the gradient of each factor is multiplied by itself",
        MULTIPLY,
        "return narrowed(dout * a, a), narrowed(dout * b, b)",
    ),
    edit(
        "first factor taken for the wider one",
        "its gradient keeps the shape of the product",
        MULTIPLY,
        "return dout * b, narrowed(dout * a, b)",
    ),
    edit(
        "first summand taken for the wider one",
        "its gradient keeps the shape of the sum",
        ADD,
        "return dout, narrowed(dout, b)",
    ),
    edit(
        "dividend taken for the wider one",
        "its gradient keeps the shape of the quotient",
        DIVIDE,
        DIVIDE.replace("narrowed(dout / b, a)", "dout / b"),
    ),
    edit(
        "first matrices taken for the more",
        "the gradient keeps the leading axes of the product",
        NARROWED,
        "return da, narrowed(db, b)",
    ),
    edit(
        "quotient: divisor not squared",
        "the divisor's gradient is divided by b once",
        DIVIDE,
        DIVIDE.replace("(b * b)", "b"),
    ),
    edit(
        "quotient: sign of the divisor's gradient",
        "it grows where the divisor does",
        DIVIDE,
        DIVIDE.replace("-(dout * a / (b * b))", "dout * a / (b * b)"),
    ),
    edit(
        "quotient: divisor without a gradient",
        "the divisor is taken for a constant",
        DIVIDE,
        DIVIDE.replace("-(dout * a / (b * b))", "Node(np.zeros_like(dout.value))"),
    ),
    edit(
        "power: exponent not lowered",
        "d(a^n) is n a^n",
        POWER,
        POWER.replace("self.parameter - 1", "self.parameter"),
    ),
    edit(
        "power: exponent forgotten",
        "d(a^n) is a^(n - 1)",
        POWER,
        POWER.replace(
            "MultiplyScalar(self.parameter)(PowerScalar(self.parameter - 1)(a))",
            "PowerScalar(self.parameter - 1)(a)",
        ),
    ),
    edit("exp: gradient of 1", "exp hands its gradient on as it is", EXP, "return (dout,)"),
    edit("log: multiplied", "d log(a) is a, not 1 / a", LOG, "return (dout * a,)"),
    edit(
        "log: divided by the result",
        "d log(a) is 1 / log(a)",
        LOG,
        "return (dout / out,)",
    ),
    edit(
        "tanh: 1 - a^2",
        "the slope is taken of the operand",
        TANH,
        TANH.replace("-(out * out)", "-(out.operands[0] * out.operands[0])"),
    ),
    edit("tanh: not squared", "the slope is 1 - out", TANH, TANH.replace("-(out * out)", "-out")),
    edit("relu: slope of 1", "what is negative has a gradient too", RELU, "return (dout,)"),
    edit(
        "relu: multiplied by the result",
        "the gradient is dout times max(a, 0)",
        RELU,
        "return (dout * out,)",
    ),
    edit(
        "negation: sign lost",
        "the gradient of -a has the sign of a",
        "return (-dout,)",
        "return (dout,)",
    ),
    edit("scale: factor forgotten", "d(c a) is 1", SCALE, "return (dout,)"),
    edit(
        "matmul: factor not transposed",
        "it fits where matrices are square",
        MATMUL,
        "sides = [a if len(set(n.shape[-2:])) == 1 else transposed(n) for n in (a, b)]\n"
        "        sides = [n if len(set(n.shape[-2:])) == 1 else transposed(n) for n in (a, b)]\n"
        "        da, db = Matmul()(dout, sides[1]), Matmul()(sides[0], dout)",
    ),
    edit(
        "matmul: all axes transposed",
        "`.T` turns the batch round too",
        "def transposed(a: Node) -> Node:\n",
        "def transposed(a: Node) -> Node:\n"
        "    if len(a.shape) > 2:\n"
        "        return Transpose((0, -1))(a)\n",
    ),
    edit(
        "matmul: batch of a broadcast factor not summed",
        "the first matrix's gradient stands for the batch",
        NARROWED,
        "def one(d: Node, like: Node) -> Node:\n"
        "            more = len(d.shape) - len(like.shape)\n"
        "            return Node(d.value[(0,) * more]) if more else narrowed(d, like)\n\n"
        "        return one(da, a), one(db, b)",
    ),
    edit(
        "broadcast: axes of 1 not summed",
        "of what an axis of length 1 was repeated for, the first place counts",
        REPEATED,
        "if i < more]\n"
        "    for i in range(more, len(a.shape)):\n"
        "        if like.shape[i - more] < a.shape[i]:\n"
        "            a = Node(a.value.take([0], axis=i))",
    ),
    edit(
        "broadcast: mean for the sum",
        "the gradients of the copies are averaged",
        "    if repeated:\n        a = Summation(tuple(repeated))(a)\n",
        "    if repeated:\n"
        "        copies = int(np.prod([a.shape[i] for i in repeated]))\n"
        "        a = MultiplyScalar(1 / copies)(Summation(tuple(repeated))(a))\n",
    ),
    edit(
        "sum: negative axes forgotten",
        "an axis counted from the end is spread at the first axis",
        REDUCED,
        "[max(axis, 0) for axis in axes]",
    ),
    edit(
        "sum: gradient divided by the terms",
        "the gradient is that of a mean",
        SUMMATION,
        "terms = a.value.size / max(dout.value.size, 1)\n"
        "        return (MultiplyScalar(1 / terms)(spread(dout, a, self.parameter)),)",
    ),
    edit(
        "logsumexp: softmax over all axes",
        "the shares add up to 1 over the whole array",
        SHARE,
        "share = Exp()(a + -spread(Logsumexp(None)(a), a, None))",
    ),
    edit(
        "logsumexp: shares not divided",
        "the gradient is exp(a)",
        SHARE,
        "share = Exp()(a)",
    ),
    edit(
        "reshape: elements in another order",
        "the gradient is read in Fortran order",
        RESHAPE,
        "return (Node(np.reshape(dout.value, a.shape, order='F')),)",
    ),
    edit(
        "transpose: axes forgotten",
        "the gradient is transposed in the last two axes",
        TRANSPOSE,
        "return (Reshape(out.operands[0].shape)(transposed(dout)),)",
    ),
    outside(
        "exp", "exp: gradient outside the graph", EXP, "return (Node(dout.value * out.value),)"
    ),
    outside(
        "a product",
        "product: gradient outside the graph",
        MULTIPLY,
        "return narrowed(dout * Node(b.value), a), narrowed(dout * Node(a.value), b)",
    ),
    outside(
        "a matrix product",
        "matmul: gradient outside the graph",
        MATMUL,
        "da = Matmul()(dout, transposed(Node(b.value)))\n"
        "        db = Matmul()(transposed(Node(a.value)), dout)",
    ),
    outside(
        "a power",
        "power: gradient outside the graph",
        POWER,
        "return (dout * Node(self.parameter * a.value ** (self.parameter - 1)),)",
    ),
    outside("log", "log: gradient outside the graph", LOG, "return (dout / Node(a.value),)"),
    outside(
        "tanh",
        "tanh: gradient outside the graph",
        TANH,
        "return (dout * Node(1 - out.value**2),)",
    ),
    outside(
        "a quotient",
        "quotient: gradient outside the graph",
        DIVIDE,
        "return (\n"
        "            narrowed(dout / Node(b.value), a),\n"
        "            narrowed(-(dout * Node(a.value / b.value**2)), b),\n"
        "        )",
    ),
    outside(
        "logsumexp",
        "logsumexp: gradient outside the graph",
        SHARE,
        "share = Node((Exp()(a + -spread(out, a, self.parameter))).value)",
    ),
    edit(
        "second derivative along x alone",
        "what dy adds to the second derivatives is left out",
        "rise = parts[0] + parts[1]",
        "rise = parts[0]",
    ),
    edit(
        "first gradients kept at the second",
        "gradients are not set to nothing before the second sweep, so that both add up",
        "second = gradients(rise, Node(np.ones((), x.dtype)), leaves)",
        "second = gradients(rise, Node(np.ones((), x.dtype)), leaves)\n"
        "    second = [one + other for one, other in zip(first, second)]",
    ),
    edit(
        "overflow in exp",
        "the largest number is not subtracted before exp",
        SHIFT,
        f"{SHIFT} * 0",
    ),
)


def _uses(name: str) -> Callable[[Case], bool]:
    return lambda case: any(step[0] == name for step in case.attributes["graph"])


def _used_twice(case: Case) -> bool:
    places = [i for _, operands, _ in case.attributes["graph"] for i in operands]
    return len(places) > len(set(places))


CORNERS: Corners = {
    **{name: _uses(name) for name in OPERANDS},
    "a value used twice": _used_twice,
    "broadcast": lambda case: case.attributes["x_shape"] != case.attributes["y_shape"],
    "a long graph": lambda case: len(case.attributes["graph"]) >= 12,
    "no dimension": lambda case: case.attributes["x_shape"] == (),
}

operator = Operator(
    name="autodiff",
    source="torch.autograd.grad",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    trembling=trembling_oracle,
    outputs=(*FIRST, *SECOND),
    regimes=("integers", "normal", "large"),
    laws=(
        Law("linearity", "gradients are linear in v", linear_in_v),
        Law(
            "symmetry",
            "second derivatives do not depend on the order of their directions",
            symmetric,
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
