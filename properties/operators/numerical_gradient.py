"""numerical_gradient: strategy over functions and steps, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.functions import CUBIC, cubic
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs
from properties.operators._activations import SHAPES, draw_shape
from properties.operators._corners import each
from properties.trembling import PERTURBATION
from properties.values import TAME, Values

STEPS = (0.5, 0.25, 1.0, 0.125)
"""Large, so that the error of a central difference is seen, and exact in binary."""


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    scalar = draw(domain.boolean("scalar"))
    return {
        "shape": draw_shape(draw, domain),
        "scalar": scalar,
        "out_shape": () if scalar else (draw(domain.integer("out_size", 1, 3)), 2),
        "reuses": not scalar and draw(domain.boolean("reuses")),
        "h": draw(domain.choice("h", STEPS)),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    x = values.array("x", at["shape"])
    rows = int(np.prod(at["out_shape"]))
    A = values.array("A", (rows, x.size))
    arrays = {"x": x, "A": np.sign(A) if values.regime == "integers" else A / 2}
    if not at["scalar"]:
        arrays["df"] = values.nonzero("df", at["out_shape"])
    return arrays


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    """The derivative, and what a central difference of a cubic has more: h^2 / 6 its third.

    It is nan where the function overflows a step from x: there are no differences, but autograd,
    which never asks for the values, would know a slope.
    """
    import torch

    x, A = tensors["x"].detach().clone(), tensors["A"]
    df = tensors["df"].flatten() if "df" in tensors else torch.ones(1, dtype=x.dtype)
    with torch.enable_grad():
        x.requires_grad_()
        (slope,) = torch.autograd.grad(df @ cubic(A @ x.flatten()), x)
    third = 6 * CUBIC * (df @ A**3).reshape(x.shape)
    values = (A @ x.detach().flatten())[:, None]
    asked_for = cubic(torch.cat([values + at["h"] * A, values - at["h"] * A], dim=1))
    return {"dx": slope + at["h"] ** 2 / 6 * third + (0 * asked_for).sum()}


def largest_values(tensors: Mapping[str, Any], at: Attributes) -> Any:
    """How large each value of the function may be within a step of x."""
    return cubic(tensors["A"].abs() @ (tensors["x"].detach().flatten().abs() + at["h"]))


def trembling(tensors: Mapping[str, Any], at: Attributes, seed: int) -> dict[str, Any]:
    """A slope moves by what the values of the function do, over a step: they cancel in it."""
    values = largest_values(tensors, at)
    moved = (tensors["df"].flatten().abs() * values if "df" in tensors else values).sum()
    return {"dx": oracle(tensors, at)["dx"] + PERTURBATION * moved / at["h"]}


def quadratic_error(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Half the step leaves a quarter of the error."""
    h = case.attributes["h"]
    half, once, twice = (run(inputs, h=s)["dx"] for s in (h / 2, h, 2 * h))
    yield "dx without its error", (4 * half - once) / 3, (4 * once - twice) / 3


def linear_in_df(run: Any, case: Case, inputs: Arrays) -> Pairs:
    other = {**inputs, "df": -2 * inputs["df"]}
    yield "dx for -2 df", run(other)["dx"], -2 * run(inputs)["dx"]


ABOVE = "moved[i] = x[i] + h"
FIRST = "above = check_result(f(moved), df).copy()"
BELOW = "moved[i] = x[i] - h"
SECOND = "below = check_result(f(moved), df).copy()"
RESTORE = "moved[i] = x[i]\n"
RISE = "rise = above - below if df is None else np.sum(df * (above - below))"
DIVIDE = "dx[i] = rise / (2 * h)"
LOOP = "for i in np.ndindex(x.shape):"
RETURN = "return dx"
COPY = "moved, dx = x.copy(),"

MISTAKES = (
    edit(
        "difference on one side only",
        "the difference is f(x + h) - f(x), divided by h",
        BELOW,
        "moved[i] = x[i]",
        DIVIDE,
        "dx[i] = rise / h",
    ),
    edit(
        "difference on the side below only",
        "the difference is f(x) - f(x - h), divided by h",
        ABOVE,
        "moved[i] = x[i]",
        DIVIDE,
        "dx[i] = rise / h",
    ),
    edit(
        "difference on one side over two steps",
        "the second step only goes back to x, and the difference is divided by 2 h all the same",
        BELOW,
        "moved[i] = moved[i] - h",
    ),
    edit(
        "difference divided by h",
        "a difference over two steps is divided by one",
        DIVIDE,
        "dx[i] = rise / h",
    ),
    edit(
        "difference divided by 2 and multiplied by h",
        "`/ 2 * h` multiplies by h, for want of brackets",
        DIVIDE,
        "dx[i] = rise / 2 * h",
    ),
    edit("difference not divided", "the rise is taken for the slope", DIVIDE, "dx[i] = rise"),
    edit(
        "element not restored",
        "each element stays at x - h while the next ones are moved",
        RESTORE,
        "\n",
    ),
    edit(
        "element left a step above",
        "h is added where x was meant, and the other elements are differentiated there",
        RESTORE,
        "moved[i] = x[i] + h\n",
    ),
    edit(
        "input changed",
        "the caller's own array is moved, and its elements are not put back",
        COPY,
        COPY.replace("x.copy()", "x"),
        BELOW,
        "moved[i] = x[i] - 2 * h",
        RESTORE,
        "\n",
    ),
    edit(
        "step relative to the element",
        "the step is h times the size of the element, and divided by as if it were h",
        ABOVE,
        "moved[i] = x[i] + h * max(abs(x[i]), 1)",
        BELOW,
        "moved[i] = x[i] - h * max(abs(x[i]), 1)",
    ),
    edit(
        "all elements moved",
        "the slope along the diagonal is written to every element",
        ABOVE,
        "moved = x + h",
        BELOW,
        "moved = x - h",
        RESTORE,
        "moved = x.copy()\n",
    ),
    edit(
        "rows moved whole",
        "elements that share the first index are moved together",
        ABOVE,
        "moved[i[:1]] = x[i[:1]] + h",
        BELOW,
        "moved[i[:1]] = x[i[:1]] - h",
        RESTORE,
        "moved[i[:1]] = x[i[:1]]\n",
    ),
    edit(
        "last element left out",
        "the elements are counted one short",
        LOOP,
        "for i in list(np.ndindex(x.shape))[:-1]:",
    ),
    edit(
        "first row only",
        "only elements whose first index is 0 are moved",
        LOOP,
        "for i in (i for i in np.ndindex(x.shape) if not i or i[0] == 0):",
    ),
    edit(
        "df ignored",
        "the numbers of f(x) are added up as they are",
        RISE,
        "rise = np.sum(above - below)",
    ),
    edit(
        "size of df ignored",
        "only the signs of df count",
        RISE,
        "rise = above - below if df is None else np.sum(np.sign(df) * (above - below))",
    ),
    edit(
        "averaged over the output",
        "the numbers of f(x) are averaged, not added up",
        RISE,
        "rise = above - below if df is None else np.mean(df * (above - below))",
    ),
    edit(
        "first number of the output",
        "only the first number of f(x) is differentiated",
        RISE,
        "rise = (above - below).reshape(-1)[0]\n"
        "        rise = rise if df is None else df.reshape(-1)[0] * rise",
    ),
    edit(
        "output not copied",
        "a function that gives the same array again has overwritten the first value",
        FIRST,
        FIRST.removesuffix(".copy()"),
        SECOND,
        SECOND.removesuffix(".copy()"),
    ),
    edit("signs turned round", "f(x + h) is subtracted", DIVIDE, "dx[i] = -rise / (2 * h)"),
    edit(
        "difference without its sign",
        "the size of the difference is taken",
        DIVIDE,
        "dx[i] = abs(rise) / (2 * h)",
    ),
    edit("flattened", "the gradient is one row", RETURN, "return dx.reshape(-1)"),
    edit(
        "step of its own",
        "h is not what it was told to be",
        ABOVE,
        f"h = 1e-4\n        {ABOVE}",
    ),
)

CORNERS: Corners = {
    "no dimension": SHAPES["no dimension"],
    "four dimensions": SHAPES["four dimensions"],
    "empty": SHAPES["empty"],
    "a number": lambda case: case.attributes["scalar"],
    "an array": lambda case: not case.attributes["scalar"],
    "the same array again": lambda case: case.attributes["reuses"],
    **each("h", STEPS),
}

operator = Operator(
    name="numerical_gradient",
    source="torch.autograd.grad",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    trembling=trembling,
    outputs=("dx",),
    regimes=TAME,
    laws=(
        Law("order", "half the step leaves a quarter of the error", quadratic_error),
        Law(
            "linearity",
            "the gradient is linear in df",
            linear_in_df,
            applies=lambda case: not case.attributes["scalar"],
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
