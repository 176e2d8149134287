"""Graphs of array operations, drawn step by step: shapes that fit, numbers that stay in range."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from properties.domain import Domain
from reference._autodiff_arguments import BARE, LEAVES, OPERANDS

Shape = tuple[int, ...]
Step = tuple[str, tuple[int, ...], Any]

SMALLEST, LARGEST = 0.5, 4.5  # the least of y, and what x is between on either side
LARGEST_Y = 3.0
LARGEST_VALUE, LARGEST_EXPONENT = 1e3, 5.0
MILD = 50.0  # what exp of twice it can be taken of, as in many a tanh
LARGE = 9000.0  # the size of x in the regime of that name
BINARY = ("add", "multiply", "divide")
OFTEN = (
    *OPERANDS,
    *2 * ("matmul", "logsumexp", "summation", "transpose", *BINARY),
    *("relu", "reshape"),
)
"""What has most ways to be wrong is drawn more often."""

FIRST = (*OFTEN, *4 * BINARY, *16 * ("matmul",), *8 * ("transpose",))
"""So is, as the first operation, what broadcasts: either of its operands may be the wider one."""

LINEAR = (*8 * ("logsumexp",), "add", "negate", "summation", "tanh", "relu", "reshape", "transpose")
"""What takes large numbers."""

NUMBERS = (2.0, -1.5, 0.5)
EXPONENTS = (2, 3, 1, 0)
AXES = ("one", "all", "several")
BROADCASTS = ("no", "missing", "missing", "ones", "ones")


@dataclass(frozen=True)
class Value:
    """What is known of a value: its shape, the range of its numbers, whether none is near 0."""

    shape: Shape
    low: float
    high: float
    apart: bool = False

    @property
    def size(self) -> float:
        return max(abs(self.low), abs(self.high))


def draw_graph(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    """The shapes of x and y, and the steps: the first one takes them as far as it can."""
    large = domain.allowed.get("regime") == ("large",)
    picked = random.Random(draw(st.integers(0, 9999)))  # evenly: choices drawn one by one cluster
    allowed = domain.allowed.get("op", OFTEN)
    first = picked.choice([n for n in (LINEAR if large else FIRST) if n in allowed])
    count = draw(domain.choice("steps_of_graph", (1, 5, 6, 8, 10, 12, 12)))
    x, y = draw_shapes(draw, domain, first, picked)
    size = LARGE if large else LARGEST
    values = [Value(x, -size, size, apart=True), Value(y, SMALLEST, LARGEST_Y, apart=True)]
    steps: list[Step] = []

    def take(step: Step) -> None:
        name, places, parameter = step
        steps.append(step)
        values.append(RESULT[name](parameter, *(values[i] for i in places)))

    for number in range(count):
        used = {step[0] for step in steps}
        fresh = [n for n in OFTEN if n in allowed and n not in used]
        name = first if number == 0 else picked.choice(fresh or sorted(used))
        found = fitting(name, values, "broadcasts" not in domain.allowed)
        if name == "tanh" and domain.allowed.get("mild") == (True,):
            found = [places for places in found if values[places[0]].size <= MILD]
        if picked.random() < 0.75:
            found = telling(name, values, found, picked.randrange(2)) or found
        if not found:
            continue
        if large and number == 0:
            found = [places for places in found if 0 in places]  # x is what is large
        places = picked.choice(found[-6:])
        parameter = pick_parameter(domain, name, values[places[0]], picked)
        take((name, places, parameter))
    if "broadcasts" not in domain.allowed and {"add", "summation"} <= set(allowed):
        for step in joining(values, steps):
            take(step)
    return {"x_shape": x, "y_shape": y, "graph": tuple(steps), "out_shape": values[-1].shape}


def joining(values: list[Value], steps: list[Step]) -> Iterator[Step]:
    """What adds results that nothing uses to the last one: what leads nowhere is not judged."""
    used = {place for _, places, _ in steps for place in places}
    loose = [i for i in range(LEAVES, len(values) - 1) if i not in used]
    for i in loose:
        last = len(values) - 1
        if not _compatible(values[i].shape, values[last].shape):
            yield "summation", (i,), None
            i = len(values) - 1
        yield "add", (last, i), None


def draw_shapes(
    draw: DrawFn, domain: Domain, first: str, picked: random.Random
) -> tuple[Shape, Shape]:
    """Of x and y, so that the first operation takes both, and either may be broadcast."""
    least = {"matmul": (2, 3, 4, 3, 4, 3), "transpose": (3, 4, 2), "logsumexp": (2, 1, 3)}
    ndims = least.get(first, (2, 1, 3, 0, 3, 3))
    ndim = draw(domain.choice("ndim", ndims))
    largest = draw(domain.choice("largest_size", (3, 2, 3, 1, 3)))
    shape = tuple(picked.randint(1, largest) for _ in range(ndim))
    lead, matrix = (shape[:-2], shape[-2:]) if first == "matmul" else (shape, ())
    leads = [lead, _broadcast(domain, lead, picked)]
    if OPERANDS[first] == 2:
        picked.shuffle(leads)
    columns = (matrix[-1], picked.randint(1, largest)) if matrix else ()
    return (*leads[0], *matrix), (*leads[1], *columns)


def _broadcast(domain: Domain, shape: Shape, picked: random.Random) -> Shape:
    """A shape that is broadcast to another one: without its first axes, or with axes of 1."""
    allowed = domain.allowed.get("broadcasts", BROADCASTS)
    kind = picked.choice([kind for kind in BROADCASTS if kind in allowed])
    if kind == "no":
        return shape
    fewest = min(len(shape), 1) if kind == "missing" else 0
    left = shape[picked.randint(fewest, len(shape)) :]
    return left if kind == "missing" else tuple(picked.choice((n, 1)) for n in left)


def fitting(name: str, values: list[Value], broadcasts: bool) -> list[tuple[int, ...]]:
    """The places of operands that an operation takes, latest last.

    broadcasts: whether operands may be broadcast to one another.
    """
    places = range(len(values))
    if OPERANDS[name] == 1:
        return [(i,) for i in places if TAKES.get(name, _any)(values[i])]
    pairs = [(i, j) for j in places for i in places]
    pairs = pairs if name != "divide" else [p for p in pairs if values[p[1]].apart]
    fits = {"matmul": _matrices, "add": _any_size}.get(name, _small)
    if len(values) == LEAVES:
        return [(0, 1)]  # whose shapes were drawn for this
    alike, last = _compatible if broadcasts else _same_shape, 2 if name == "matmul" else 0
    leads = [_lead(value, last) for value in values]
    return [(i, j) for i, j in pairs if alike(leads[i], leads[j]) and fits(values[i], values[j])]


def telling(
    name: str, values: list[Value], found: list[tuple[int, ...]], side: int
) -> list[tuple[int, ...]]:
    """Those of the places at which most mistakes show: what is broadcast, sums of more than one.

    Of two operands the first (side 0) or the second one is broadcast.
    """
    last = 2 if name == "matmul" else 0

    def shows(places: tuple[int, ...]) -> bool:
        leads = [Value(_lead(values[i], last), 0, 0) for i in places]
        if len(leads) == 1:
            return sum(n > 1 for n in leads[0].shape) >= (3 if name == "transpose" else 2)
        return _shape(*leads) != leads[side].shape

    return [places for places in found if shows(places)]


def _lead(a: Value, last: int) -> Shape:
    """The shape without so many last axes."""
    return a.shape[: len(a.shape) - last]


def _any(a: Value) -> bool:
    return True


def _any_size(a: Value, b: Value) -> bool:
    return True


def _same_shape(a: Shape, b: Shape) -> bool:
    return a == b


def _compatible(a: Shape, b: Shape) -> bool:
    """Whether one can be broadcast to the other."""
    return all(1 in sizes or sizes[0] == sizes[1] for sizes in zip(a[::-1], b[::-1], strict=False))


def _small(a: Value, b: Value) -> bool:
    return a.size * b.size <= LARGEST_VALUE


def _matrices(a: Value, b: Value) -> bool:
    matrices = len(a.shape) >= 2 and len(b.shape) >= 2
    return matrices and a.shape[-1] == b.shape[-2] and a.size * b.size <= LARGEST_VALUE


TAKES: dict[str, Callable[[Value], bool]] = {
    "exp": lambda a: a.high <= LARGEST_EXPONENT,
    "log": lambda a: a.low >= SMALLEST / 8,
    "relu": lambda a: a.apart,
    "power_scalar": lambda a: a.size <= 10,
    "transpose": lambda a: len(a.shape) >= 2,
    "logsumexp": lambda a: len(a.shape) >= 1,
    "multiply_scalar": lambda a: a.size <= LARGEST_VALUE,
}


def pick_parameter(domain: Domain, name: str, a: Value, picked: random.Random) -> Any:
    if name in BARE:
        return None
    if name in ("add_scalar", "multiply_scalar"):
        return picked.choice(NUMBERS)
    if name == "power_scalar":
        exponents = domain.allowed.get("exponent", EXPONENTS)
        if not (a.apart or a.low > 0):  # n a ** (n - 1) is not defined at 0, nor what follows it
            exponents = tuple(n for n in exponents if n >= 2)
        return picked.choice(exponents)
    if name in ("summation", "logsumexp"):
        return pick_axes(domain, len(a.shape), picked)
    if name == "transpose":
        axes = picked.sample(range(len(a.shape)), 2)
        return tuple(axis - picked.choice((0, len(a.shape))) for axis in axes)
    if name == "reshape":
        return picked.choice(reshapes(a.shape))
    more = tuple(picked.randint(1, 3) for _ in range(picked.randint(0, 2)))
    widened = (picked.randint(1, 3) if size == 1 else size for size in a.shape)
    return (*more, *widened)


def pick_axes(domain: Domain, ndim: int, picked: random.Random) -> tuple[int, ...] | None:
    """None for all, or one or several axes, counted from either end."""
    if ndim == 0:
        return None
    one = picked.randrange(ndim)
    kinds = [k for k in AXES if domain.allowed.get(f"{k}_axes") != (False,)]
    rest = tuple(axis for axis in range(ndim) if axis != one)
    axes = {"one": (one,), "all": None, "several": rest or (one,)}
    chosen = axes[picked.choice(kinds)]
    if chosen is None or domain.allowed.get("negative_axes") == (False,):
        return chosen
    return tuple(axis - ndim for axis in chosen) if picked.random() < 0.5 else chosen


def reshapes(shape: Shape) -> list[Shape]:
    """Other shapes with as many elements."""
    size = math.prod(shape)
    pairs = [(n, size // n) for n in range(2, size) if size % n == 0]
    return [(size,), *pairs, tuple(reversed(shape)), (1, *shape)]


def _products(a: Value, b: Value) -> list[float]:
    return [p * q for p in (a.low, a.high) for q in (b.low, b.high)]


def _shape(a: Value, b: Value) -> Shape:
    more = max(len(a.shape), len(b.shape))
    padded = ((1,) * (more - len(v.shape)) + v.shape for v in (a, b))
    return tuple(max(sizes) for sizes in zip(*padded, strict=True))


def _sum(_: Any, a: Value, b: Value) -> Value:
    low, high = a.low + b.low, a.high + b.high
    return Value(_shape(a, b), low, high, low > SMALLEST / 2)


def _product(_: Any, a: Value, b: Value) -> Value:
    found = _products(a, b)
    return Value(_shape(a, b), min(found), max(found), min(found) > SMALLEST / 8)


def _quotient(_: Any, a: Value, b: Value) -> Value:
    least = min(abs(b.low), abs(b.high)) if b.low > 0 or b.high < 0 else 0.1
    size = a.size / least
    positive = a.low > 0 and b.low > 0
    return Value(_shape(a, b), a.low / b.high if positive else -size, size, False)


def _matrix(_: Any, a: Value, b: Value) -> Value:
    terms = a.shape[-1]
    batch = _shape(Value(a.shape[:-2], 0, 0), Value(b.shape[:-2], 0, 0))
    found = [terms * p for p in _products(a, b)]
    return Value((*batch, a.shape[-2], b.shape[-1]), min(found), max(found))


def _reduced(axes: tuple[int, ...] | None, a: Value) -> tuple[Shape, int]:
    """The shape without the axes, and the number of terms of each sum."""
    ndim = len(a.shape)
    gone = range(ndim) if axes is None else [axis % ndim for axis in axes]
    kept = tuple(size for i, size in enumerate(a.shape) if i not in gone)
    return kept, max(math.prod(a.shape) // max(math.prod(kept), 1), 1)


def _total(axes: tuple[int, ...] | None, a: Value) -> Value:
    shape, terms = _reduced(axes, a)
    return Value(
        shape, min(a.low, terms * a.low), max(a.high, terms * a.high), a.low > SMALLEST / 8
    )


def _log_total(axes: tuple[int, ...] | None, a: Value) -> Value:
    shape, terms = _reduced(axes, a)
    return Value(shape, a.low, a.high + math.log(terms))


def _power(exponent: int, a: Value) -> Value:
    found = [a.low**exponent, a.high**exponent, *([0.0] if a.low < 0 < a.high else [])]
    return Value(a.shape, min(found), max(found))


def _scaled(number: float, a: Value) -> Value:
    found = sorted((a.low * number, a.high * number))
    return Value(a.shape, found[0], found[1], a.apart)


def _transposed(axes: tuple[int, int], a: Value) -> Value:
    shape = list(a.shape)
    shape[axes[0]], shape[axes[1]] = shape[axes[1]], shape[axes[0]]
    return Value(tuple(shape), a.low, a.high, a.apart)


RESULT: dict[str, Callable[..., Value]] = {
    "add": _sum,
    "multiply": _product,
    "divide": _quotient,
    "matmul": _matrix,
    "negate": lambda _, a: Value(a.shape, -a.high, -a.low, a.apart),
    "add_scalar": lambda number, a: Value(a.shape, a.low + number, a.high + number),
    "multiply_scalar": _scaled,
    "power_scalar": _power,
    "exp": lambda _, a: Value(a.shape, math.exp(max(a.low, -50)), math.exp(a.high), a.low > -2),
    "log": lambda _, a: Value(a.shape, math.log(a.low), math.log(a.high)),
    "tanh": lambda _, a: Value(a.shape, -1.0, 1.0),
    "relu": lambda _, a: Value(a.shape, max(a.low, 0.0), max(a.high, 0.0)),
    "summation": _total,
    "logsumexp": _log_total,
    "broadcast_to": lambda shape, a: Value(shape, a.low, a.high, a.apart),
    "reshape": lambda shape, a: Value(shape, a.low, a.high, a.apart),
    "transpose": _transposed,
}
"""What is known of each operation's result."""
