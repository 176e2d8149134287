"""check_finite: strategy over arrays with nan, infinities and large numbers, laws, mistakes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import Mistake, edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs
from properties.operators._corners import each
from properties.values import Values

NAMES = ("g1", "g2", "g3")
HUGE = 3e38  # finite in float32 too, where a sum of two is not
MARKS = {"nan": np.nan, "inf": np.inf, "-inf": -np.inf, "huge": HUGE, "-huge": -HUGE}
HOLDS: tuple[tuple[str, ...], ...] = (
    *((), ("nan",), ("inf",), ("-inf",), ("inf", "-inf"), (), ("huge",), ("huge", "huge")),
    *(("nan", "inf"), ("nan", "huge"), ("-huge",)),
)


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    """Shapes, of no dimension and of no numbers too, and what stands among the numbers of each."""
    drawn: dict[str, Any] = {}
    for name in NAMES:
        ndim = draw(domain.choice("ndim", (1, 2, 0, 3)))
        sizes = (draw(domain.choice("size", (2, 1, 3, 0, 2, 3))) for _ in range(ndim))
        drawn[f"{name}_shape"] = tuple(sizes)
        drawn[f"{name}_holds"] = draw(domain.choice("holds", HOLDS))
    drawn["kind"] = draw(domain.choice("kind", ("either", "nan", "inf")))
    drawn["limit"] = draw(domain.choice("limit", (None, 2.0, 3.0, 50.0)))
    return drawn


def inputs(at: Attributes, values: Values) -> Arrays:
    return {name: marked(at, values, name) for name in NAMES}


def marked(at: Attributes, values: Values, name: str) -> np.ndarray:
    """Numbers of the regime, some of them replaced by what the array holds, as far as it can."""
    array = values.array(name, at[f"{name}_shape"])
    flat = array.reshape(-1)
    places = values.rng(f"{name} places").permutation(flat.size)
    for place, mark in zip(places, at[f"{name}_holds"], strict=False):
        flat[place] = MARKS[mark]
    return flat.reshape(array.shape)


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch

    kinds = {"nan": torch.isnan, "inf": torch.isinf, "either": lambda g: ~torch.isfinite(g)}
    wrong = [kinds[at["kind"]](tensors[name]) for name in NAMES]
    if at["limit"] is not None:
        wrong = [w | (tensors[n].abs() > at["limit"]) for w, n in zip(wrong, NAMES, strict=True)]
    return {"out": torch.stack([w.any() for w in wrong])}


def order(run: Any, case: Case, inputs: Arrays) -> Pairs:
    turned = run({"g1": inputs["g3"], "g2": inputs["g2"], "g3": inputs["g1"]})["out"]
    yield "out", turned, run(inputs)["out"][::-1]


def sign(run: Any, case: Case, inputs: Arrays) -> Pairs:
    yield "out", run({name: -array for name, array in inputs.items()})["out"], run(inputs)["out"]


def planted(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """What is looked for, in the place of any one number of the second array."""
    mark = np.nan if case.attributes["kind"] == "nan" else -np.inf
    wanted = np.where([False, True, False], True, run(inputs)["out"])
    for place in np.ndindex(inputs["g2"].shape):
        array = inputs["g2"].copy()
        array[place] = mark
        yield f"out with {mark} in g2{list(place)}", run({**inputs, "g2": array})["out"], wanted


def at_the_limit(run: Any, case: Case, inputs: Arrays) -> Pairs:
    limit = case.attributes["limit"]
    full = {name: np.full(array.shape, -limit) for name, array in inputs.items()}
    yield "out", run(full)["out"], np.zeros(3, bool)


PAIRS = (("nan", "huge"), ("nan", "nan"), ("inf", "-inf"), ("huge", "huge"))


def neighbours(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Two numbers that are something else together, among zeros."""
    kind, limit = case.attributes["kind"], case.attributes["limit"]
    rest = run(inputs)["out"]
    for pair in PAIRS:
        array = np.zeros(inputs["g2"].shape)
        array.reshape(-1)[:2] = [MARKS[mark] for mark in pair]
        is_there = pair[0] == kind or (kind == "either" and pair[0] != "huge")
        is_there |= limit is not None and pair != ("nan", "nan")
        wanted = np.where([False, True, False], is_there, rest)
        yield f"out with {' and '.join(pair)} in g2", run({**inputs, "g2": array})["out"], wanted


EACH = "for n, g in enumerate((g1, g2, g3)):"
NAN = "is_nan = value != value"
INF = "is_inf = abs(value) == math.inf"
EITHER = '(is_nan and kind != "inf") or (is_inf and kind != "nan")'
BEYOND = "limit is not None and abs(value) > limit"
RETURN = "return found"


def looking(name: str, why: str, condition: str, *more: str) -> Mistake:
    return edit(name, why, EITHER, condition, *more)


def beyond(name: str, why: str, condition: str) -> Mistake:
    return edit(name, why, BEYOND, condition)


def masked(name: str, why: str, wrong: str) -> Mistake:
    """A mistake in how a whole array `g` is looked at; `flags` marks what is wrong in it."""
    flags = (
        "arrays = (g1, g2, g3)\n"
        '    kinds = {"nan": np.isnan, "inf": np.isinf, "either": lambda g: ~np.isfinite(g)}\n'
        "    flags = kinds[kind]\n"
        "    top = math.inf if limit is None else limit\n"
        f"    found = np.array([bool({wrong}) for g in arrays])\n    {RETURN}"
    )
    return edit(name, why, RETURN, flags)


MISTAKES = (
    edit("nan compared with nan", "`x == nan` is never true", NAN, "is_nan = value == math.nan"),
    edit("negative infinity missed", "`x == inf` is asked", INF, "is_inf = value == math.inf"),
    edit("positive infinity missed", "`x == -inf` is asked", INF, "is_inf = value == -math.inf"),
    looking("nan missed", "only infinite numbers are looked for", 'is_inf and kind != "nan"'),
    looking("infinite numbers missed", "only nan is looked for", 'is_nan and kind != "inf"'),
    looking("nan and infinity exchanged", "the one is named for the other",
            '(is_nan and kind != "nan") or (is_inf and kind != "inf")'),
    looking("kind ignored", "either is named, whichever is asked for", "is_nan or is_inf"),
    edit("answer turned round", "arrays without are named", RETURN, "return ~found"),
    edit("one answer for all", "an array is named where any of them is to be", RETURN,
         "return np.full(3, found.any())"),
    edit("last array left out", "the last one is never named", EACH,
         "for n, g in enumerate((g1, g2)):"),
    edit("first array alone", "the search is over after one array", RETURN,
         "found[1:] = False\n    return found"),
    masked("first number alone", "only the first number of an array is looked at",
           "g.size and (flags(g).flat[0] or abs(g).flat[0] > top)"),
    masked("all numbers asked for", "an array is named where all of its numbers are wrong",
           "g.size and (flags(g).all() or (abs(g) > top).all())"),
    masked("several numbers asked for", "a single one is passed over",
           "(flags(g) | (abs(g) > top)).sum() > 1"),
    masked("wrong numbers of the sum", "inf and -inf are nan together, and sums overflow",
           "flags(g.astype('f').sum()) or (abs(g) > top).any()"),
    masked("wrong numbers of the mean", "an empty array has none, nan hides what is infinite",
           "flags(g.mean()) or (abs(g) > top).any()"),
    masked("wrong numbers of the largest", "what is -inf is the largest of nothing",
           "g.size and (flags(g.max()) or (abs(g) > top).any())"),
    masked("empty arrays named", "what holds no number counts as wrong",
           "not g.size or (flags(g) | (abs(g) > top)).any()"),
    masked("nan hides what has exploded", "the largest size is nan, which is above nothing",
           "flags(g).any() or (g.size and abs(g).max() > top)"),
    beyond("negative numbers do not explode", "the size of a number is not looked at",
           "limit is not None and value > limit"),
    beyond("the limit itself is too much", ">= is asked for >",
           "limit is not None and abs(value) >= limit"),
    beyond("limit ignored", "no number is too large", "False"),
    beyond("infinite numbers are not above the limit", "only finite ones are compared with it",
           "limit is not None and not is_inf and abs(value) > limit"),
    beyond("nan is above the limit", "`not x <= limit` is asked",
           "limit is not None and not abs(value) <= limit"),
    beyond("exploded on average", "the mean size is compared with the limit",
           "limit is not None and abs(g).mean() > limit"),
    beyond("the norm has exploded", "the norm of an array is compared with the limit",
           "limit is not None and np.sqrt((g * g).sum()) > limit"),
    edit("limit instead of the search", "with a limit nan and infinity are not looked for",
         EITHER, f"limit is None and ({EITHER})"),
)  # fmt: skip


def _holds(mark: str) -> Any:
    return lambda case: any(mark in case.attributes[f"{name}_holds"] for name in NAMES)


CORNERS: Corners = {
    **each("kind", ("either", "nan", "inf")),
    **each("limit", (None, 2.0, 50.0)),
    **{mark: _holds(mark) for mark in MARKS},
    "nothing": lambda case: not any(case.attributes[f"{name}_holds"] for name in NAMES),
    "no dimension": lambda case: () in (case.attributes[f"{name}_shape"] for name in NAMES),
    "no numbers": lambda case: any(0 in case.attributes[f"{name}_shape"] for name in NAMES),
}

operator = Operator(
    name="check_finite",
    source="torch.isfinite",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    regimes=("integers", "sparse", "normal"),
    laws=(
        Law("order", "arrays in another order are named alike", order),
        Law("sign", "the sign of the numbers changes nothing", sign),
        Law("planted", "what is put in any one place of an array is found", planted),
        Law(
            "at the limit",
            "numbers at the limit have not exploded",
            at_the_limit,
            applies=lambda case: case.attributes["limit"] is not None,
        ),
        Law(
            "neighbours",
            "a number is what it is beside any other",
            neighbours,
            applies=lambda case: math.prod(case.attributes["g2_shape"]) > 1,
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
