"""What softmax and its logarithm share: strategy, laws, common mistakes and corners."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Pairs
from properties.operators._activations import draw_shape
from properties.values import Values

REGIMES = ("integers", "constant", "sparse", "normal", "large", "offset", "rows")


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    shape = draw_shape(draw, domain, (2, 1, 3, 4, 0))
    ndim = len(shape)
    axes = (-1, *range(max(ndim, 1)), *range(-ndim, -1))
    return {"shape": shape, "axis": draw(domain.choice("axis", axes))}


def inputs(at: Attributes, values: Values) -> Arrays:
    """x, drawn with the axis last, so that scales differ by row; half of the rows are negated."""
    if at["shape"] == ():
        return {"x": np.asarray(values.array("x", ()))}
    rows = [n for a, n in enumerate(at["shape"]) if a != at["axis"] % len(at["shape"])]
    x = values.array("x", (*rows, at["shape"][at["axis"]]))
    x = x * values.rng("sign").choice((-1.0, 1.0), (*rows, 1))
    return {"x": np.moveaxis(x, -1, at["axis"])}


def shift_invariant(run: Any, case: Case, inputs: Arrays) -> Pairs:
    shape = np.sum(inputs["x"], axis=case.attributes["axis"], keepdims=True).shape
    shift = Values("normal", case.seed, 1).array("shift", shape)
    yield "out", run({"x": np.asarray(inputs["x"] + shift)})["out"], run(inputs)["out"]


def reversed_rows(run: Any, case: Case, inputs: Arrays) -> Pairs:
    axis = case.attributes["axis"]
    turned = run({"x": np.flip(inputs["x"], axis).copy()})["out"]
    yield "out", turned, np.flip(run(inputs)["out"], axis)


def gradient_sums_to_zero(run: Any, case: Case, inputs: Arrays) -> Pairs:
    dout = Values("normal", case.seed, 1).array("dout", inputs["x"].shape)
    dx = run.gradients(inputs, {"out": np.asarray(dout)})["x"]
    total = np.asarray(dx.sum(axis=case.attributes["axis"]))
    yield "dx summed along the axis", total, np.zeros_like(total)


LAWS = (
    Law("shift invariance", "a constant added to a row changes nothing", shift_invariant),
    Law(
        "order",
        "rows turned round give outputs turned round",
        reversed_rows,
        applies=lambda case: case.attributes["shape"] != (),
    ),
    Law("conservation", "dx of a row sums to zero", gradient_sums_to_zero, needs_backward=True),
)

AXIS = "axis = check_axis(x, axis)"
SHIFTED = "shifted = rows[n] - np.max(rows[n].real, initial=-np.inf)"
DROWS = "drows = np.moveaxis(np.atleast_1d(dout), axis, -1)"
DX = "return np.moveaxis(dx, -1, axis).reshape(shape)"

MISTAKES = (
    edit(
        "overflow in exp",
        "the largest element is not subtracted before exp, so large inputs give inf or nan",
        SHIFTED,
        "shifted = rows[n]",
    ),
    edit(
        "largest element of the whole array subtracted",
        "all exponentials of a row far below the largest element underflow to 0",
        SHIFTED,
        "shifted = rows[n] - np.max(x.real, initial=-np.inf)",
    ),
    edit(
        "largest magnitude subtracted",
        "all exponentials of a row of large negative elements underflow to 0",
        SHIFTED,
        "shifted = rows[n] - np.max(np.abs(rows[n].real), initial=0)",
    ),
    edit(
        "largest element of the wrong axis subtracted",
        "elements of one row have different numbers subtracted, those of the columns",
        SHIFTED,
        "shifted = rows[n] - np.max(rows.real, axis=0, initial=-np.inf)[n[1:]]",
    ),
    edit(
        "last axis whatever axis says",
        "rows always run along the last axis",
        AXIS,
        f"{AXIS}\n    axis = max(x.ndim, 1) - 1",
    ),
    edit(
        "first axis whatever axis says",
        "rows always run along the first axis",
        AXIS,
        f"{AXIS}\n    axis = 0",
    ),
    edit(
        "axis 1 whatever axis says",
        "rows always run over the channels",
        AXIS,
        f"{AXIS}\n    axis = min(1, max(x.ndim, 1) - 1)",
    ),
    edit(
        "base 2",
        "powers of 2 are taken instead of powers of e",
        SHIFTED,
        f"{SHIFTED}\n        shifted = shifted * float(np.log(2))",
    ),
    edit(
        "input changed in place",
        "the largest element is subtracted in the caller's x",
        SHIFTED,
        f"{SHIFTED}\n        rows[n] -= np.max(rows[n].real, initial=-np.inf)",
    ),
    edit(
        "dout changed in place",
        "the caller's dout is set to the gradient",
        DX,
        f"drows[...] = dx\n    {DX}",
    ),
)

CORNERS: Corners = {
    "no dimension": lambda case: case.attributes["shape"] == (),
    "four dimensions": lambda case: len(case.attributes["shape"]) == 4,
    "empty": lambda case: 0 in case.attributes["shape"],
    "empty rows": lambda case: (
        case.attributes["shape"] != () and case.attributes["shape"][case.attributes["axis"]] == 0
    ),
    "rows of one": lambda case: (
        case.attributes["shape"] != () and case.attributes["shape"][case.attributes["axis"]] == 1
    ),
    "axis counted from the end": lambda case: case.attributes["axis"] < -1,
    "first of several axes": lambda case: (
        case.attributes["axis"] == 0 and len(case.attributes["shape"]) > 1
    ),
    "large": lambda case: case.regime == "large",
    "rows of different scale": lambda case: case.regime == "rows",
}
