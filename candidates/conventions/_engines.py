"""Small engines of automatic differentiation: micrograd's `Value`, and CSE 599W's `gradients`.

Graphs are drawn from the operations that an engine has. A `Value` is a number; `backward()` leaves
gradients. `gradients(output, nodes)` gives nodes, whose values an `Executor` finds, and which have
gradients once more, as the course's test_grad_of_grad asks.
"""

from __future__ import annotations

import contextlib
import dis
import functools
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from candidates.conventions._probing import asked
from candidates.spelling import Signature, Spelling
from properties.plain import WrongResult, given
from properties.promise import Promise

At = Mapping[str, Any]
Inputs = Mapping[str, Any]

SCALARS: dict[str, Callable[..., Any]] = {
    "add": lambda _, a, b: a + b,
    "multiply": lambda _, a, b: a * b,
    "add_scalar": lambda number, a: a + number,
    "multiply_scalar": lambda number, a: a * number,
    "divide": lambda _, a, b: a / b,
    "negate": lambda _, a: -a,
    "power_scalar": lambda exponent, a: a**exponent,
    "exp": lambda _, a: a.exp(),
    "log": lambda _, a: a.log(),
    "tanh": lambda _, a: a.tanh(),
    "relu": lambda _, a: a.relu(),
}
METHODS = {
    "divide": "__truediv__",
    "negate": "__neg__",
    "power_scalar": "__pow__",
    **{name: name for name in ("exp", "log", "tanh", "relu")},
}
"""What an engine need not have, and the method that says so."""


class Scalars:
    """`Value(data)` with `+`, `*`, perhaps `/`, `-`, `**`, exp, log, tanh, relu, and `backward()`.

    micrograd: a number with its gradient in `.grad`, added up over all uses. What a class has no
    method for is not judged, nor numbers beside values where it does not take them.
    """

    def __init__(self, forward: Any, backward: Any, signature: Signature) -> None:
        self._kind = forward

    def forward(self, at: At, inputs: Inputs) -> tuple[Any, Any]:
        leaves = [self._kind(float(inputs[name])) for name in ("x", "y")]
        values = list(leaves)
        for name, places, parameter in at["graph"]:
            values.append(given(SCALARS[name](parameter, *(values[i] for i in places))))
        out = values[-1]
        (out * self._kind(float(inputs["v"]))).backward()
        found = {"out": _number(out.data, "data")}
        for name, leaf in zip(("dx", "dy"), leaves, strict=True):
            found[name] = _number(leaf.grad, "grad")
        return found, None

    def backward(self, cotangents: Inputs, cache: Any) -> dict[str, Any]:
        raise NotImplementedError("gradients are results here")


def _number(value: Any, what: str) -> np.ndarray:
    try:
        return np.asarray(float(value))
    except (TypeError, ValueError):
        raise WrongResult(f"{what} is {type(value).__name__}, expected a number") from None


def is_scalar_engine(kind: Any) -> bool:
    """Whether it is a class of numbers that go through a graph in reverse."""
    if not inspect.isclass(kind) or not all(
        name in vars(kind) for name in ("__add__", "__mul__", "backward")
    ):
        return False
    first, *others = list(inspect.signature(kind).parameters.values())
    return first.name in ("data", "value", "val", "x") and all(
        p.default is not p.empty or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in others
    )


def scalars_told(kind: Any, _: Any) -> dict[str, Any]:
    """The operations that there are."""
    there = [name for name in SCALARS if hasattr(kind, METHODS.get(name, "__add__"))]
    for name in ("add_scalar", "multiply_scalar"):
        if not asked(functools.partial(_takes_numbers, kind, SCALARS[name])):
            there.remove(name)
    return {"domain": {"op": there}}


def _takes_numbers(kind: Any, operation: Callable[..., Any]) -> bool:
    return hasattr(operation(2.0, kind(3.0)), "data")


SCALAR_PROMISE = Promise(
    domain={
        "op": tuple(SCALARS),
        "ndim": (0,),
        "broadcasts": ("no",),
        "exponent": (2, 3, 1),
        "mild": (True,),
        "regime": ("integers", "normal"),
    },
    keeps_dtype=False,
    mixed=True,
    layouts=(),
    outputs=("out", "dx", "dy"),
)


class Turned:
    """A node, or its transpose, which the engine has in products of matrices alone."""

    def __init__(self, node: Any, transposed: bool = False) -> None:
        self.node, self.transposed = node, transposed


class Nodes:
    """`gradients(output, nodes)` of nodes made from `Variable(name)`, run by `Executor(nodes)`.

    CSE 599W, assignment 1: sums and products of arrays of one shape, also with numbers, and
    `matmul_op(a, b, trans_A, trans_B)`. The gradient is that of the sum of the output, a node like
    any other: it is differentiated once more.
    """

    second_order = True

    def __init__(self, forward: Any, backward: Any, signature: Signature) -> None:
        self._space = space_of(forward)
        self._gradients = self._space["gradients"]

    def forward(self, at: At, inputs: Inputs) -> tuple[Any, Any]:
        self._fed: dict[Any, np.ndarray] = {}
        leaves = {name: self._variable(name, inputs[name]) for name in ("x", "y")}
        values = [Turned(node) for node in leaves.values()]
        for name, places, parameter in at["graph"]:
            values.append(self._step(name, parameter, *(values[i] for i in places)))
        out = self._straight(values[-1], at["out_shape"][0])
        weighted = given(out * self._variable("v", inputs["v"]))
        first = self._of(weighted, leaves)
        rises = [
            given(node * self._variable(f"u{name}", inputs[f"u{name}"]))
            for name, node in first.items()
        ]
        second = [self._of(rise, leaves) for rise in rises if self.second_order]
        nodes = [out, *first.values(), *(node for found in second for node in found.values())]
        arrays = iter(self._run(nodes))
        results = {"out": next(arrays)}
        results |= {f"d{name}": np.zeros(inputs[name].shape) for name in leaves}
        if self.second_order:
            results |= {f"dd{name}": np.zeros(inputs[name].shape) for name in leaves}
        for name in first:
            results[f"d{name}"] = next(arrays)
        for found in second:
            for name in found:
                results[f"dd{name}"] = results[f"dd{name}"] + next(arrays)
        return results, None

    def _variable(self, name: str, array: np.ndarray) -> Any:
        node = given(self._space["Variable"](name=name))
        self._fed[node] = array
        return node

    def _step(self, name: str, parameter: Any, a: Turned, b: Turned | None = None) -> Turned:
        if name == "transpose":
            return Turned(a.node, not a.transposed)
        if name == "matmul":
            assert b is not None
            product = self._space["matmul_op"]
            return Turned(given(product(a.node, b.node, a.transposed, b.transposed)))
        if b is not None:
            return Turned(given(SCALARS[name](parameter, self._plain(a), self._plain(b))))
        return Turned(given(SCALARS[name](parameter, self._plain(a))))

    def _plain(self, value: Turned) -> Any:
        """The node, which only a product with the identity turns."""
        if not value.transposed:
            return value.node
        rows = self._run([value.node])[0].shape[1]
        return self._straight(value, rows)

    def _straight(self, value: Turned, rows: int) -> Any:
        if not value.transposed:
            return value.node
        identity = self._variable("identity", np.eye(rows))
        return given(self._space["matmul_op"](identity, value.node, False, True))

    def _of(self, node: Any, leaves: Mapping[str, Any]) -> dict[str, Any]:
        """The gradients of those leaves that the node depends on."""
        below = _below(node)
        there = {name: leaf for name, leaf in leaves.items() if leaf in below}
        with missing_where_unread(self._gradients, "reverse_topo_order"):
            found = given(self._gradients(node, list(there.values()))) if there else []
        if not isinstance(found, (list, tuple)) or len(found) != len(there):
            raise WrongResult(f"gradients of {len(there)} nodes are {type(found).__name__}")
        return dict(zip(there, found, strict=True))

    def _run(self, nodes: Sequence[Any]) -> list[np.ndarray]:
        executor = self._space["Executor"](list(nodes))
        with missing_where_unread(executor.run, "topo_order"):
            results = given(executor.run(feed_dict=dict(self._fed)))
        if len(results) != len(nodes):
            raise WrongResult(f"run returned {len(results)} values for {len(nodes)} nodes")
        return [given(result) for result in results]

    def backward(self, cotangents: Inputs, cache: Any) -> dict[str, Any]:
        raise NotImplementedError("gradients are results here")


class FirstOrder(Nodes):
    """`Executor(nodes)` on what assignment 1 of CSE 599W is tested with: first derivatives.

    Nothing is transposed. With `gradients` the flags of products and second derivatives count too.
    """

    second_order = False


@contextlib.contextmanager
def missing_where_unread(function: Any, order: str) -> Iterator[None]:
    """A KeyError of a function that never reads the order it makes says that it is not written.

    So the assignment hands it out: it makes the order, and looks up what nobody has put there.
    """
    try:
        yield
    except KeyError:
        names = inspect.unwrap(function).__code__.co_varnames
        if order in names and not _reads(function, order):
            raise NotImplementedError(f"{function.__name__} does nothing with {order}") from None
        raise


def _reads(function: Any, name: str) -> bool:
    """Whether a function reads a variable of its own."""
    for step in dis.get_instructions(function):
        names = step.argval if isinstance(step.argval, tuple) else (step.argval,)
        if "LOAD" in step.opname and name in names[step.opname.startswith("STORE") :]:
            return True
    return False


def space_of(member: Any) -> Mapping[str, Any]:
    """The variables of the module that a function, or the `run` of a class, stands in."""
    function = getattr(member, "run", None) if inspect.isclass(member) else member
    return getattr(function, "__globals__", {})


def _below(node: Any) -> set[Any]:
    """A node and all that it is computed from."""
    seen: set[Any] = set()
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            waiting.extend(current.inputs)
    return seen


def has_executor(member: Any) -> bool:
    """Whether the engine is there: variables, products of matrices, gradients, what runs them."""
    space = space_of(member)
    needed = ("Variable", "Executor", "matmul_op", "gradients")
    return all(callable(space.get(name)) for name in needed)


UNTURNED = ("add", "multiply", "add_scalar", "multiply_scalar", "matmul")
NODE_PROMISE = Promise(
    domain={
        "op": (*UNTURNED, "transpose"),
        "ndim": (2,),
        "broadcasts": ("no",),
        "regime": ("integers", "normal"),
    },
    keeps_dtype=False,
    layouts=(),
)

FIRST_PROMISE = replace(
    NODE_PROMISE,
    domain={**NODE_PROMISE.domain, "op": UNTURNED},
    outputs=("out", "dx", "dy"),
)

SPELLINGS = (
    Spelling(
        "autodiff",
        "Value",
        None,
        Scalars,
        SCALAR_PROMISE,
        when=is_scalar_engine,
        tells=scalars_told,
    ),
    Spelling("autodiff", "gradients", None, Nodes, NODE_PROMISE, when=has_executor),
    Spelling("autodiff", "Executor", None, FirstOrder, FIRST_PROMISE, when=has_executor),
)
