"""How a wrong array differs from the right one, as far as numbers of both tell: claims in words."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from candidates.diagnosis.evidence import Seen, equal

ROUNDED_TO_SINGLE = 2.0**-30, 2.0**-20
ROUNDED_TO_HALF = 2.0**-8


MOST_SLICES = 16  # of which an order is looked for


@dataclass(frozen=True)
class Claim:
    """A sentence about a wrong array, and what to look at, which tells less.

    rank: of two claims that hold equally often the one of lower rank is made.
    firm: whether the case could have refuted it: along an axis of length 1 everything holds.
    """

    sentence: str
    look_at: str
    rank: int = 5
    firm: bool = field(default=True, compare=False)


def claims(seen: Seen) -> set[Claim]:
    """Every claim that holds on one failing case."""
    if not seen.same_shape:
        return set(_of_shape(seen))
    got, expected = seen.got.astype(np.float64), seen.expected.astype(np.float64)
    if not np.isfinite(got).all():
        return set(_of_infinities(seen.name, got))
    if not got.any():
        return {
            Claim(f"{seen.name} is 0 everywhere", f"whether {seen.name} is written at all", 0),
            *_of_places(seen.name, got, expected),
        }
    if seen.close:
        return set(_of_digits(seen.name, got, expected))
    return {
        *_of_known_arrays(seen, got),
        *_of_factors(seen, got, expected),
        *_of_order(seen.name, got, expected),
        *_of_sums(seen.name, got, expected),
        *_of_differences(seen, got, expected),
        *_of_functions(seen.name, got, expected),
        *_of_places(seen.name, got, expected),
        *_of_windows(seen, got, expected),
        *_of_digits(seen.name, got, expected),
    }


def _of_infinities(name: str, got: np.ndarray) -> Iterator[Claim]:
    what = "nan" if np.isnan(got).any() else "infinite"
    where = "is" if not np.isfinite(got).any() else "is partly"
    yield Claim(f"{name} {where} {what}", f"what may overflow or be 0 / 0 on the way to {name}", 1)


def _of_digits(name: str, got: np.ndarray, expected: np.ndarray) -> Iterator[Claim]:
    """Right but for rounding, or for a small term."""
    size = np.abs(expected).max()
    error = np.abs(got - expected).max() / size if size else 0.0
    look = f"the dtype that {name} is computed in, and small terms such as eps"
    if ROUNDED_TO_SINGLE[0] < error < ROUNDED_TO_SINGLE[1]:
        yield Claim(f"{name} is right to as many digits as float32 has, not float64", look, 3)
    if error < ROUNDED_TO_HALF:
        yield Claim(f"{name} is right to two digits and more, not to all", look, 4)


def _of_known_arrays(seen: Seen, got: np.ndarray) -> Iterator[Claim]:
    """Arrays at hand that were returned instead: inputs, dout, other results, other steps."""
    name = seen.name
    for known, array in seen.inputs.items():
        if array.dtype.kind == "f" and array.any():
            if equal(got, array):
                handed = f"{name} is handed back as it came"
                sentence = handed if name == known else f"{name} is {known}, unchanged"
                yield Claim(sentence, f"what {name} is made of", 1)
            elif equal(got, 2 * array):
                yield Claim(f"{name} is 2 * {known}", f"what {name} is made of", 1)
    for known, array in seen.right.cotangents.items() if seen.is_gradient else ():
        if equal(got, array):
            yield Claim(f"{name} is d{known}, unchanged", f"what {name} is made of", 1)
        elif equal(got, 2 * array):
            yield Claim(f"{name} is 2 * d{known}", f"what {name} is made of", 1)
    others = {f"d{n}": a for n, a in seen.right.gradients.items()} | seen.right.outputs
    for known, array in others.items():
        if known != name and equal(got, array) and array.any():
            yield Claim(f"{name} is what {known} should be", "which result is which", 1)
    yield from _of_other_steps(seen, got)


def _of_other_steps(seen: Seen, got: np.ndarray) -> Iterator[Claim]:
    for step in range(len(seen.trial.case.steps)):
        right = seen.trial.expected(step)
        array = (right.outputs | {f"d{n}": a for n, a in right.gradients.items()}).get(seen.name)
        if step != seen.step and array is not None and array.any() and equal(got, array):
            when = "before" if step < seen.step else "after"
            sentence = f"{seen.name} is what it should be at a step {when}"
            yield Claim(sentence, "what is kept from call to call", 2)


def _of_factors(seen: Seen, got: np.ndarray, expected: np.ndarray) -> Iterator[Claim]:
    """One factor for the whole array, by the name of a size or number where there is one."""
    some = expected != 0
    if not some.any() or not equal(got[~some], expected[~some]):
        return
    ratios = got[some] / expected[some]
    factor = float(np.median(ratios))
    yield from _of_factors_along(seen.name, got, expected)
    if not equal(got, expected * factor):
        yield from _of_signs(seen.name, got, expected)
        return
    look = f"the scale of {seen.name}"
    if abs(factor + 1) < 1e-9:
        yield Claim(f"{seen.name} has the opposite sign", f"the sign of {seen.name}", 0)
        return
    for words, value in _factors(seen).items():
        if np.isclose(factor, value, rtol=1e-6) and value != 1:
            yield Claim(f"{seen.name} is the right one {words}", look, 1)
    if ratios.size > 1:
        yield Claim(f"{seen.name} is the right one times one factor, {factor:.4g}", look, 3)
        sentence = f"{seen.name} is the right one times one factor, which changes from case to case"
        yield Claim(sentence, look, 4)


def _factors(seen: Seen) -> dict[str, float]:
    """Factors by the words that follow "the right one"; simple numbers first."""
    found = {"times 2": 2.0, "divided by 2": 0.5, "times -2": -2.0, "divided by -2": -0.5}
    for words, size in sizes(seen).items():
        found[f"times {words}"] = size
        found[f"divided by {words}"] = 1 / size
        found[f"times -{words}"] = -size
        found[f"divided by -{words}"] = -1 / size
    for words, size in sizes(seen).items():
        found[f"times the root of {words}"] = size**0.5
        found[f"divided by the root of {words}"] = size**-0.5
        if size > 1:
            found[f"times n / (n - 1), n = {words}"] = size / (size - 1)
            found[f"times (n - 1) / n, n = {words}"] = (size - 1) / size
    for name, value in seen.trial.case.at(seen.step).items():
        if isinstance(value, float) and value not in (0.0, 1.0):
            found |= {f"times {name}": value, f"divided by {name}": 1 / value}
            found |= {f"times 1 - {name}": 1 - value, f"divided by 1 - {name}": 1 / (1 - value)}
            found |= {f"times {name} squared": value**2}
    return found


def sizes(seen: Seen) -> dict[str, float]:
    """The sizes of a case above 1 by name: `N`, `H * W`, the elements of a window."""
    at = seen.trial.case.at(seen.step)
    found: dict[str, float] = {}
    for name, value in at.items():
        if isinstance(value, int) and not isinstance(value, bool):
            found["N" if name == "batch" else name] = value
        elif isinstance(value, tuple) and value and all(isinstance(v, int) for v in value):
            words = {"size": "H * W", "kernel": "the size of a window"}
            words |= {"kernel_size": "the size of a window"}
            found[words.get(name, f"the product of {name}")] = float(np.prod(value))
    batch, area = at.get("batch"), found.get("H * W")
    if isinstance(batch, int) and area:
        found["N * H * W"] = batch * area
    out = next(iter(seen.right.outputs.values()), np.zeros(()))
    if out.ndim == 4:
        found["OH * OW"] = float(np.prod(out.shape[2:]))
        found["N * OH * OW"] = out.shape[0] * found["OH * OW"]
    for name, array in {"out": out, **seen.inputs}.items():
        found.setdefault(f"the number of elements of {name}", array.size)
        for axis, length in enumerate(array.shape):
            found.setdefault(f"the length of axis {axis} of {name}", length)
    return {words: float(size) for words, size in found.items() if size > 1}


def _of_signs(name: str, got: np.ndarray, expected: np.ndarray) -> Iterator[Claim]:
    if equal(np.abs(got), np.abs(expected)):
        if (got >= 0).all():
            yield Claim(f"{name} has lost its sign", f"the sign of {name}", 2)
        else:
            yield Claim(f"{name} has wrong signs and right sizes", f"the sign of {name}", 4)


def _of_factors_along(name: str, got: np.ndarray, expected: np.ndarray) -> Iterator[Claim]:
    """One factor for each index along an axis."""
    if got.ndim < 2:
        return
    for axis in range(got.ndim):
        if got.size < 3 * got.shape[axis]:
            continue
        rows = np.moveaxis(got, axis, 0).reshape(got.shape[axis], -1)
        right = np.moveaxis(expected, axis, 0).reshape(rows.shape)
        square = (right * right).sum(axis=1, keepdims=True)
        factors = (rows * right).sum(axis=1, keepdims=True) / np.where(square, square, 1)
        if equal(rows, right * factors):
            what = axis_name(got.ndim, axis)
            yield Claim(
                f"{name} is the right one times one factor for each {what}",
                f"the scale of {name}, {what} by {what}",
                4,
                got.shape[axis] > 1,
            )


def _of_order(name: str, got: np.ndarray, expected: np.ndarray) -> Iterator[Claim]:
    """The right numbers at wrong places: axes turned, exchanged, shifted, or in another order."""
    look = f"the order of the axes of {name}"
    for order in itertools.permutations(range(got.ndim)):
        if order == tuple(range(got.ndim)) or got.ndim > 4:
            continue
        turned = expected.transpose(order)
        if equal(got, turned):
            axes = "transposed" if got.ndim == 2 else f"with its axes in the order {order}"
            yield Claim(f"{name} is the right one {axes}", look, 1)
        elif equal(got, turned.reshape(got.shape)):
            sentence = f"{name} has the right numbers, read in another order of axes by a reshape"
            yield Claim(sentence, look, 2)
    for axis in range(got.ndim):
        what = axis_name(got.ndim, axis)
        look = f"where {name} begins and in which order it runs, {what} by {what}"
        if equal(got, np.flip(expected, axis)):
            yield Claim(f"{name} is the right one with its {what}s in reverse order", look, 1)
        for step in (1, -1):
            yield from _shifted(name, got, expected, axis, step)
        if _permuted(got, expected, axis):
            firm = got.size >= 2 * got.shape[axis]
            yield Claim(f"{name} is the right one with its {what}s in another order", look, 3, firm)
    if got.ndim > 2 and equal(got, expected[..., ::-1, ::-1]):
        yield Claim(f"{name} is the right one turned by 180 degrees", look, 1)
    if got.size > 2 and equal(np.sort(got, axis=None), np.sort(expected, axis=None)):
        yield Claim(f"{name} has the right numbers at wrong places", look, 6)


def _shifted(
    name: str, got: np.ndarray, expected: np.ndarray, axis: int, step: int
) -> Iterator[Claim]:
    if got.shape[axis] < 2:
        return
    what = axis_name(got.ndim, axis)
    later = np.take(got, range(1, got.shape[axis]), axis)
    sooner = np.take(expected, range(got.shape[axis] - 1), axis)
    if step < 0:
        later = np.take(got, range(got.shape[axis] - 1), axis)
        sooner = np.take(expected, range(1, got.shape[axis]), axis)
    if sooner.any() and equal(later, sooner) and np.unique(sooner).size > 1:
        towards = "later" if step > 0 else "earlier"
        sentence = f"{name} is the right one shifted by one {what}, which comes {towards}"
        yield Claim(sentence, f"where {name} begins, {what} by {what}", 2)


def _permuted(got: np.ndarray, expected: np.ndarray, axis: int) -> bool:
    """Whether the slices along an axis are the right ones in another order."""
    if not 2 <= got.shape[axis] <= MOST_SLICES:
        return False
    right = list(np.moveaxis(expected, axis, 0))
    for mine in np.moveaxis(got, axis, 0):
        place = next((i for i, other in enumerate(right) if equal(mine, other)), None)
        if place is None:
            return False
        right.pop(place)
    return True


def _of_sums(name: str, got: np.ndarray, expected: np.ndarray) -> Iterator[Claim]:
    """One sum or mean for all, or a running sum, along an axis."""
    for axis in range(got.ndim):
        if got.shape[axis] < 2:
            continue
        what, look = axis_name(got.ndim, axis), f"what {name} is summed over"
        for words, how in (("sum", np.sum), ("mean", np.mean)):
            if equal(got, np.broadcast_to(how(expected, axis=axis, keepdims=True), got.shape)):
                sentence = f"{name} holds, for every {what}, the {words} over the right {what}s"
                yield Claim(sentence, look, 2)
        if equal(got, np.cumsum(expected, axis=axis)):
            yield Claim(f"{name} adds up the right {what}s as it goes along", look, 2)


def _of_differences(seen: Seen, got: np.ndarray, expected: np.ndarray) -> Iterator[Claim]:
    """The right array plus or minus something: an input, a constant, one number a channel."""
    name, rest = seen.name, got - expected
    scale = np.abs(expected).mean() + np.abs(got).mean()
    look = f"what is added to {name}"

    def is_rest(other: np.ndarray) -> bool:
        return bool(np.all(np.abs(rest - other) <= 1e-6 * scale))

    known = {n: a for n, a in seen.inputs.items() if a.dtype.kind == "f" and a.any()}
    if seen.is_gradient:
        known |= {f"d{n}": a for n, a in seen.right.cotangents.items()}
    for other, array in known.items():
        for shape in _shapes_within(array.shape, got.shape):
            wide = array.reshape(shape)
            if is_rest(wide):
                yield Claim(f"{name} is the right one plus {other}", look, 1)
            if is_rest(-wide):
                yield Claim(f"{name} is the right one minus {other}", look, 1)
    if got.size < 3:
        return
    number = float(rest.flat[0])
    if is_rest(np.full(got.shape, number)):
        if abs(number) in (1.0, 0.5, 2.0):
            sign = "plus" if number > 0 else "minus"
            yield Claim(f"{name} is the right one {sign} {abs(number):g}", look, 1)
        yield Claim(f"{name} is the right one plus one number for all elements", look, 3)
    for axis in range(got.ndim):
        line = rest.mean(axis=tuple(a for a in range(got.ndim) if a != axis), keepdims=True)
        if got.size >= 3 * got.shape[axis] and is_rest(line):
            sentence = (
                f"{name} is the right one plus one number for each {axis_name(got.ndim, axis)}"
            )
            yield Claim(sentence, look, 4, got.shape[axis] > 1)


def _shapes_within(shape: tuple[int, ...], of: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """The shapes that spread an array over another: its own, or a vector along one axis."""
    if shape == of:
        yield shape
    elif len(shape) == 1:
        for axis in range(len(of)):
            if of[axis] == shape[0]:
                yield tuple(shape[0] if a == axis else 1 for a in range(len(of)))


FUNCTIONS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "the square of the right one": np.square,
    "the square root of the right one": lambda a: np.sqrt(np.where(a < 0, np.nan, a)),
    "one divided by the right one": lambda a: 1 / a,
    "the exponential of the right one": np.exp,
    "the logarithm of the right one": lambda a: np.log(np.where(a <= 0, np.nan, a)),
    "the right one with 0 for what is negative": lambda a: np.maximum(a, 0),
    "the right one with 0 for what is positive": lambda a: np.minimum(a, 0),
    "the right one cut off at 0 and 1": lambda a: np.clip(a, 0, 1),
    "the right one rounded": np.round,
    "the right one rounded down": np.floor,
    "one minus the right one": lambda a: 1 - a,
    "the tanh of the right one": np.tanh,
    "the sigmoid of the right one": lambda a: 1 / (1 + np.exp(-a)),
}


def _of_functions(name: str, got: np.ndarray, expected: np.ndarray) -> Iterator[Claim]:
    with np.errstate(all="ignore"):
        for words, function in FUNCTIONS.items():
            changed = function(expected)
            if np.isfinite(changed).all() and np.unique(changed).size > 1 and equal(got, changed):
                yield Claim(f"{name} is {words}", f"the last thing done to {name}", 2)


def _of_places(name: str, got: np.ndarray, expected: np.ndarray) -> Iterator[Claim]:
    """Where the wrong elements stand, if not everywhere, and whether anything was written there."""
    bound = 1e-6 * (np.abs(expected) + np.abs(expected).mean())
    wrong = np.abs(got - expected) > bound
    firm = not wrong.all()
    written = " and is 0 there" if not got[wrong].any() else ""
    if written:
        look = f"which elements of {name} are written"
        yield Claim(f"{name} is 0 wherever it is wrong", look, 5, firm)
    if not expected[wrong].any():
        sentence = f"{name} is wrong only where it should be 0"
        yield Claim(sentence, f"which elements of {name} should be 0", 5, firm)
    for axis in range(got.ndim):
        yield from _of_places_along(name, wrong, axis, written)
    if got.ndim > 2 and min(got.shape[-2:]) > 2 and not wrong[..., 1:-1, 1:-1].any():
        sentence = f"{name} is wrong along the border of the map alone{written}"
        yield Claim(sentence, f"the border of {name}", 4)


def _of_places_along(name: str, wrong: np.ndarray, axis: int, written: str) -> Iterator[Claim]:
    """Wrong elements in the first or last place along an axis alone, or everywhere else."""
    length, what = wrong.shape[axis], axis_name(wrong.ndim, axis)
    at = list(np.flatnonzero(wrong.any(axis=tuple(a for a in range(wrong.ndim) if a != axis))))
    look, rank, firm = f"the first and last {what} of {name}", 3 if written else 4, length > 1
    if at == [length - 1]:
        yield Claim(f"{name} is wrong in its last {what} alone{written}", look, rank, firm)
    if at == [0]:
        yield Claim(f"{name} is wrong in its first {what} alone{written}", look, rank, firm)
    if length > 2 and at == list(range(1, length)):
        yield Claim(f"{name} is right in its first {what} alone{written}", look, rank)
    if length > 2 and at == list(range(length - 1)):
        yield Claim(f"{name} is right in its last {what} alone{written}", look, rank)


def _of_windows(seen: Seen, got: np.ndarray, expected: np.ndarray) -> Iterator[Claim]:
    """A gradient that reaches one element of each window."""
    out = next(iter(seen.right.outputs.values()))
    windows = {"kernel", "kernel_size"} & set(seen.trial.case.attributes)
    if not windows or not seen.is_gradient or got.ndim != 4 or out.ndim != 4:
        return
    reached = np.count_nonzero(got, axis=(2, 3))
    should = np.count_nonzero(expected, axis=(2, 3))
    if (reached <= out.shape[2] * out.shape[3]).all() and (reached < should).any():
        sentence = f"{seen.name} is not 0 for more elements than there are windows"
        yield Claim(sentence, f"which elements of a window {seen.name} reaches", 6)


def axis_name(ndim: int, axis: int) -> str:
    """What one index along an axis is called."""
    if ndim == 4:
        return ("sample", "channel", "row", "column")[axis]
    if ndim == 1:
        return "element"
    return "row" if axis == 0 else "column" if axis == ndim - 1 else f"slice along axis {axis}"


def _of_shape(seen: Seen) -> Iterator[Claim]:
    """How a wrong shape comes from the right one."""
    name, got, expected = seen.name, seen.got, seen.expected
    look = f"the shape of {name}"
    if got.size == 0:
        yield Claim(f"{name} is empty", look, 1)
        return
    flat = got.size == expected.size and equal(got.ravel(), expected.ravel())
    numbers = ", with the right numbers" if flat else ""
    more = got.ndim - expected.ndim
    axes = "an axis" if abs(more) == 1 else f"{abs(more)} axes"
    if more > 0 and _without_ones(got) == _without_ones(expected):
        yield Claim(f"{name} has {axes} of length 1 too many{numbers}", look, 2)
    elif more < 0 and _without_ones(got) == _without_ones(expected):
        yield Claim(f"{name} lacks {axes} of length 1{numbers}", look, 2)
    elif got.ndim == 1 and got.size == expected.size:
        yield Claim(f"{name} is flattened{numbers}", look, 2)
    elif flat:
        yield Claim(f"{name} has the right numbers in another shape", look, 3)
    for order in itertools.permutations(range(expected.ndim)) if expected.ndim < 5 else ():
        if order != tuple(range(expected.ndim)) and equal(got, expected.transpose(order)):
            axes = "transposed" if got.ndim == 2 else f"with its axes in the order {order}"
            yield Claim(f"{name} is the right one {axes}", f"the order of the axes of {name}", 1)
    yield from _of_missing_sums(name, got, expected)
    if got.ndim == expected.ndim:
        yield from _of_lengths(seen)
    for known, array in seen.inputs.items():
        if array.shape == got.shape:
            yield Claim(f"{name} has the shape of {known}", look, 4)


def _without_ones(array: np.ndarray) -> list[int]:
    return [n for n in array.shape if n != 1]


def _of_missing_sums(name: str, got: np.ndarray, expected: np.ndarray) -> Iterator[Claim]:
    for axis in range(got.ndim):
        if equal(got.sum(axis=axis), expected) and got.shape[axis] > 1:
            what = axis_name(got.ndim, axis)
            sentence = f"{name} is not summed over its axis {axis}, {what} by {what}"
            yield Claim(sentence, f"what {name} is summed over", 1)
    for axis in range(expected.ndim):
        for words, how in (("summed", np.sum), ("averaged", np.mean)):
            kept = how(expected, axis=axis, keepdims=True)
            if expected.shape[axis] > 1 and (equal(got, kept) or equal(got, kept.squeeze(axis))):
                sentence = f"{name} is the right one {words} over axis {axis}"
                yield Claim(sentence, f"what {name} is summed over", 1)


def _of_lengths(seen: Seen) -> Iterator[Claim]:
    """Axes that are longer or shorter than they should be, and the padding as a reason."""
    name, longer = seen.name, np.subtract(seen.got.shape, seen.expected.shape)
    look = f"the size of {name}, axis by axis"
    if np.count_nonzero(longer) == 1 and abs(longer).max() == 1:
        axis = int(np.flatnonzero(longer)[0])
        what = "more" if longer[axis] > 0 else "less"
        sentence = f"{name} has one {axis_name(longer.size, axis)} {what} than it should"
        yield Claim(sentence, look, 3)
    if abs(longer).max() == 1:
        what = "larger" if longer.max() > 0 else "smaller"
        if longer.min() * longer.max() >= 0:
            yield Claim(f"{name} is {what} by one along an axis or two", look, 4)
    padding = seen.trial.case.at(seen.step).get("padding")
    if isinstance(padding, tuple) and longer.size == 4 and any(padding):
        for sign, words in ((1, "larger"), (-1, "smaller")):
            if tuple(longer) == (0, 0, 2 * sign * padding[0], 2 * sign * padding[1]):
                yield Claim(f"{name} is {words} by the padding on both sides", look, 1)
