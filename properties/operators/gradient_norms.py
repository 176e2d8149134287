"""gradient_norms: strategy over parameters with and without gradients, laws, mistakes."""

from __future__ import annotations

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

GRADIENTS = ("g1", "g2", "g3")
NAMES = (
    ("first.weight", "first.bias", "last.weight"),
    ("first.bias", "last.weight", "last.bias"),
    ("scale", "inner.0.weight", "inner.0.bias"),
    ("first.weight", "inner.0.weight", "last.weight"),
)
STATISTICS = ("norm", "mean", "max", "total")
LACKING: tuple[tuple[str, ...], ...] = ((), ("g2",), ("g1",), ("g3",), ("g1", "g3"))


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    """A shape for each gradient, of no dimension too; `lacking` are parameters without one."""
    drawn: dict[str, Any] = {}
    for name in GRADIENTS:
        ndim = draw(domain.choice("ndim", (1, 2, 0, 4)))
        sizes = (draw(domain.integer("size", 1, 3)) for _ in range(ndim))
        drawn[f"{name}_shape"] = tuple(sizes)
    drawn["lacking"] = draw(domain.choice("lacking", LACKING))
    drawn["names"] = draw(domain.choice("names", NAMES))
    drawn["statistic"] = draw(domain.choice("statistic", STATISTICS))
    drawn["biases"] = draw(domain.choice("biases", (True, False)))
    return drawn


def inputs(at: Attributes, values: Values) -> Arrays:
    there = (name for name in GRADIENTS if name not in at["lacking"])
    return {name: values.array(name, at[f"{name}_shape"]) for name in there}


def counted(at: Attributes) -> list[str]:
    """The gradients that count: those there are, of parameters that are asked for."""
    return [
        g
        for g, name in zip(GRADIENTS, at["names"], strict=True)
        if g not in at["lacking"] and (at["biases"] or not name.endswith("bias"))
    ]


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch

    norm = torch.linalg.vector_norm
    of_each = {"mean": lambda g: g.abs().mean(), "max": lambda g: g.abs().max()}
    found = [of_each.get(at["statistic"], norm)(tensors[name]) for name in counted(at)]
    dtype = next(iter(tensors.values())).dtype
    out = torch.stack(found) if found else torch.zeros(0, dtype=dtype)
    return {"out": norm(out) if at["statistic"] == "total" else out}


def sign(run: Any, case: Case, inputs: Arrays) -> Pairs:
    yield "out", run({name: -g for name, g in inputs.items()})["out"], run(inputs)["out"]


def scaled(run: Any, case: Case, inputs: Arrays) -> Pairs:
    yield "out", run({name: 4 * g for name, g in inputs.items()})["out"], 4 * run(inputs)["out"]


def alone(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Other gradients change nothing of a parameter's own."""
    there, out = counted(case.attributes), run(inputs)["out"]
    for place, name in enumerate(there):
        changed = {n: g if n == name else g + 1 for n, g in inputs.items()}
        yield f"out[{place}]", run(changed)["out"][place], out[place]


def equal(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Of numbers of one size, whatever their signs, mean and maximum are that size."""
    out = run({name: np.where(g > 0, 2.0, -2.0) for name, g in inputs.items()})["out"]
    yield "out", out, np.full(len(counted(case.attributes)), 2.0)


EACH = "for g in gradients:"
START = "added, largest, squares = dtype.type(0), dtype.type(0), dtype.type(0)"
SIZE = "size = abs(g[i])"
SUM = "added = added + size\n"
MAX = "largest = max(largest, size)"
SQUARES = "squares = squares + size**2"
VALUES = '"mean": added / g.size, "max": largest, "norm": squares**0.5'
TOTAL = "return np.asarray(square**0.5, dtype)"
GIVEN = "check_gradient_norms((g1, g2, g3), names, statistic, biases)"


def value(name: str, why: str, old: str, new: str) -> Mistake:
    return edit(name, why, VALUES, VALUES.replace(old, new))


def total(name: str, why: str, new: str) -> Mistake:
    return edit(name, why, TOTAL, f"return np.asarray({new}, dtype)")


NORMS = "[np.sqrt((g * g).sum()) for g in gradients]"

MISTAKES = (
    edit("mean without sizes", "numbers of different signs cancel", SUM,
         "added = added + g[i]\n"),
    edit("size of the mean", "the size is taken of the mean, not of the numbers", SUM,
         "added = added + g[i]\n", VALUES, VALUES.replace("added", "abs(added)")),
    edit("largest number", "negative numbers are not compared by their size", MAX,
         "largest = max(largest, g[i])"),
    edit("smallest size", "the minimum is taken for the maximum", MAX,
         "largest = min(largest, size) if largest else size"),
    value("sum for the mean", "the sizes are not divided by their number", "added / g.size",
          "added"),
    value("norm for the mean", "the root of the sum of squares is called the mean",
          "added / g.size", "squares**0.5"),
    value("mean for the maximum", "the mean size is called the largest", '"max": largest',
          '"max": added / g.size'),
    value("mean over the first axis", "the sum is divided by the length of the array",
          "added / g.size", "added / (len(g) if g.ndim else 1)"),
    value("root missing", "the squares are added up", "squares**0.5", "squares"),
    value("root of the mean square", "the norm is divided by the root of the count",
          "squares**0.5", "(squares / g.size) ** 0.5"),
    value("sum of sizes for the norm", "the 1-norm is taken", "squares**0.5", "added"),
    value("largest for the norm", "the norm of infinity is taken", "squares**0.5", "largest"),
    total("norms added up", "the total is the sum of the norms", f"sum({NORMS})"),
    total("norms averaged", "the total is the mean of the norms", f"sum({NORMS}) / len({NORMS})"
          f" if gradients else 0"),
    total("root of the total missing", "the squares are added up", "square"),
    total("root of the added norms", "the norms are not squared before they are added up",
          f"sum({NORMS}) ** 0.5"),
    total("largest norm", "the total is the largest of the norms", f"max({NORMS}, default=0)"),
    total("last norm", "the sum starts again with each parameter",
          f"({NORMS} or [0])[-1]"),
    edit("biases included", "they count where they are to be left out", GIVEN,
         GIVEN.replace("biases)", "True)")),
    edit("biases left out", "they do not count where all are asked for", GIVEN,
         GIVEN.replace("biases)", "False)")),
    edit("parameters without gradient counted as zero", "they are there with a gradient of 0",
         "gradients = check",
         'zero = np.zeros(1, next(g for g in (g1, g2, g3) if g is not None).dtype)\n'
         "    g1, g2, g3 = (zero if g is None else g for g in (g1, g2, g3))\n"
         "    gradients = check"),
    edit("search ended by a parameter without gradient", "those after it do not count", EACH,
         "there = [g is not None for g in (g1, g2, g3)]\n"
         "    kept = [g for g in (g1, g2, g3)[: (*there, False).index(False)]]\n"
         "    gradients = [g for g in gradients if any(g is k for k in kept)]\n"
         f"    {EACH}"),
    edit("last parameter left out", "the list is read up to the last but one", EACH,
         "for g in gradients[:-1]:"),
    edit("order turned round", "the last layer comes first", EACH,
         "for g in gradients[::-1]:"),
    edit("numbers carried on", "the squares of earlier layers are counted again", START,
         "added, largest, squares = dtype.type(0), dtype.type(0), square"),
)  # fmt: skip

CORNERS: Corners = {
    **each("statistic", STATISTICS),
    **each("biases", (True, False)),
    **each("lacking", LACKING),
    "no dimension": lambda case: () in (case.attributes[f"{name}_shape"] for name in GRADIENTS),
    "nothing counts": lambda case: not counted(case.attributes),
}

operator = Operator(
    name="gradient_norms",
    source="torch.linalg.vector_norm",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    regimes=("integers", "constant", "sparse", "normal", "large", "offset", "rows"),
    laws=(
        Law("sign", "gradients of the other sign are as large", sign),
        Law("scale", "gradients four times as large are so", scaled),
        Law("alone", "a layer's is its own, whatever the others' are", alone,
            applies=lambda case: case.attributes["statistic"] != "total"),
        Law("equal sizes", "mean and maximum of numbers of one size are that size", equal,
            applies=lambda case: case.attributes["statistic"] in ("mean", "max")),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)  # fmt: skip
