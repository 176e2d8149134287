"""elu: strategy over shapes, alpha and small values, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Law, Operator, Pairs
from properties.operators._activations import SHAPES, convnet, draw_shape
from properties.operators._corners import each
from properties.values import Values

ALPHAS = (1.0, 0.5, 2.0, 0.5)
SMALL, LARGE_ALPHA = 2.0**-14, 100.0


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    shape, small = draw_shape(draw, domain), draw(domain.boolean("small"))
    # Near x = 0, exp(x) - 1 cancels, and a large alpha shows it. Far below, out + alpha would
    # cancel as well: a slope that is right enough for PyTorch's own elu in place.
    alphas = (1.0, LARGE_ALPHA, LARGE_ALPHA) if small else ALPHAS
    return {"shape": shape, "alpha": draw(domain.choice("alpha", alphas)), "small": small}


def inputs(at: Attributes, values: Values) -> Arrays:
    if values.regime == "kinks":
        return {"x": np.asarray(np.trunc(values.array("x", at["shape"]) / 2))}  # -1, 0 and 1
    x = values.nonzero("x", at["shape"]) * (SMALL if at["small"] else 1.0)
    return {"x": np.asarray(x)}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.functional import elu

    return {"out": elu(tensors["x"], alpha=at["alpha"])}


def any_subgradient(
    at: Attributes, inputs: Arrays, outputs: Arrays, cotangents: Arrays, gradients: Arrays
) -> str | None:
    """At 0 the slope lies between 1 and alpha; elsewhere there is no choice."""
    x, dout, dx = inputs["x"], cotangents["out"], gradients["x"]
    slope = np.where(x > 0, 1.0, at["alpha"] * np.exp(np.minimum(x, 0)))
    least, most = np.minimum(slope, 1), np.maximum(slope, 1)
    least, most = np.where(x == 0, least, slope), np.where(x == 0, most, slope)
    ends = np.minimum(least * dout, most * dout), np.maximum(least * dout, most * dout)
    room = 1e-9 * (1 + np.abs(ends[1]) + np.abs(ends[0]))
    wrong = (dx < ends[0] - room) | (dx > ends[1] + room)
    if np.any(wrong & (x == 0)):
        return "dx at a zero of x does not lie between dout and alpha * dout"
    if np.any(wrong):
        return "dx differs from dout where x > 0, or from alpha * exp(x) * dout where x < 0"
    return None


def positive_kept(run: Any, case: Case, inputs: Arrays) -> Pairs:
    x = np.asarray(np.abs(inputs["x"]))
    yield "elu(|x|)", run({"x": x})["out"], x


def exponential(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Below 0, 1 + elu / alpha is an exponential."""
    alpha, x = case.attributes["alpha"], -np.abs(inputs["x"])
    once, twice = (1 + run({"x": np.asarray(f * x)})["out"] / alpha for f in (1, 2))
    yield "1 + elu(2 x) / alpha where x < 0", np.asarray(twice), np.asarray(once**2)


def slope(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Below 0 the slope is the output plus alpha, above it is 1."""
    out, alpha = run(inputs)["out"], case.attributes["alpha"]
    dout = np.asarray(Values("normal", case.seed, 1).array("dout", inputs["x"].shape))
    expected = dout * np.where(inputs["x"] > 0, 1, out + alpha)
    yield "dx", run.gradients(inputs, {"out": dout})["x"], np.asarray(expected)


OFF = "off = x.real <= 0"
LOW = "low = np.where(off, x, 0)"
OUT = "out = np.where(off, alpha * np.expm1(low), x)"
SLOPE = "slope = np.where(off, alpha * np.exp(low), 1)"
DX = "dx = dout * slope"

MISTAKES = (
    edit(
        "overflow in the branch not taken",
        "exp of a large positive x is multiplied by 0, which makes its inf a nan",
        OUT,
        "out = off * alpha * np.expm1(x) + ~off * x",
    ),
    edit(
        "overflow in the slope not taken",
        "in backward exp of a large positive x is multiplied by 0, which makes its inf a nan",
        SLOPE,
        "slope = off * alpha * np.exp(x) + ~off",
    ),
    edit(
        "exp(x) - 1",
        "where x is near 0 the difference keeps few digits in float32, expm1 keeps all",
        OUT,
        "out = np.where(off, alpha * (np.exp(low) - 1), x)",
    ),
    edit(
        "alpha ignored",
        "out is that of alpha = 1",
        OUT,
        OUT.replace("alpha * ", ""),
        SLOPE,
        SLOPE.replace("alpha * ", ""),
    ),
    edit(
        "alpha left out of the gradient",
        "the slope below 0 is exp(x)",
        SLOPE,
        SLOPE.replace("alpha * ", ""),
    ),
    edit(
        "alpha inside exp",
        "out is exp(alpha x) - 1 below 0",
        OUT,
        "out = np.where(off, np.expm1(alpha * low), x)",
        SLOPE,
        "slope = np.where(off, alpha * np.exp(alpha * low), 1)",
    ),
    edit(
        "celu",
        "out is alpha * (exp(x / alpha) - 1) below 0, which has no kink",
        OUT,
        "out = np.where(off, alpha * np.expm1(low / alpha), x)",
        SLOPE,
        "slope = np.where(off, np.exp(low / alpha), 1)",
    ),
    edit(
        "selu",
        "the whole output is scaled by 1.0507",
        OUT,
        "out = 1.0507 * np.where(off, alpha * np.expm1(low), x)",
        SLOPE,
        "slope = 1.0507 * np.where(off, alpha * np.exp(low), 1)",
    ),
    edit(
        "1 not subtracted",
        "out is alpha * exp(x) below 0, which jumps at 0",
        OUT,
        "out = np.where(off, alpha * np.exp(low), x)",
    ),
    edit(
        "1 subtracted after scaling",
        "out is alpha * exp(x) - 1 below 0, which jumps at 0 unless alpha is 1",
        OUT,
        "out = np.where(off, alpha * np.exp(low) - 1, x)",
    ),
    edit(
        "sign reversed",
        "out is alpha * (1 - exp(x)) below 0",
        OUT,
        OUT.replace("alpha", "-alpha"),
    ),
    edit("relu", "out is 0 below 0", OUT, "out = np.where(off, 0, x)"),
    edit("leaky relu", "out is alpha * x below 0", OUT, "out = np.where(off, alpha * x, x)"),
    edit(
        "branches swapped",
        "positive x goes through the exponential and negative x is kept",
        OFF,
        "off = x.real > 0",
    ),
    edit(
        "gradient through x >= 0",
        "at x = 0 the slope is 1, where PyTorch takes alpha",
        OFF,
        "off = x.real < 0",
    ),
    edit(
        "output for the slope",
        "below 0 dx is dout * out, which lacks the alpha that out + alpha has",
        SLOPE,
        "slope = np.where(off, out, 1)",
    ),
    edit(
        "output plus 1 for the slope",
        "below 0 dx is dout * (out + 1), which is right for alpha = 1 only",
        SLOPE,
        "slope = np.where(off, out + 1, 1)",
    ),
    edit(
        "gradient from the output",
        "the exponential in backward is taken of the output instead of the input",
        SLOPE,
        "slope = np.where(off, alpha * np.exp(np.where(off, out, 0)), 1)",
    ),
    edit(
        "gradient of a leaky relu",
        "the slope below 0 is alpha",
        SLOPE,
        "slope = np.where(off, alpha, 1)",
    ),
    edit("gradient of relu", "the slope below 0 is 0", SLOPE, "slope = np.where(off, 0, 1)"),
    edit("dout not multiplied in", "dx is the slope", DX, "dx = slope.copy()"),
    edit("derivative left out", "dx is dout", DX, "dx = dout.copy()"),
    edit(
        "result always float64",
        "float32 inputs give float64 outputs",
        "return np.asarray(out, x.dtype)",
        "return np.asarray(out, np.result_type(x, np.float64))",
    ),
    edit(
        "computed in float16",
        "out has the accuracy of half precision",
        OUT,
        f"{OUT}\n    if x.dtype.kind == 'f':\n        out = out.astype(np.float16)",
    ),
    edit(
        "input changed in place",
        "the caller's x is overwritten below 0",
        SLOPE,
        f"{SLOPE}\n    x[off] = out[off]",
    ),
    edit(
        "dout changed in place",
        "the caller's dout is multiplied where it stands",
        DX,
        "dout *= slope\n    dx = dout.copy()",
    ),
    edit(
        "cache consumed by backward",
        "the cached slope is multiplied where it stands, so a second backward is wrong",
        DX,
        "slope *= dout\n    dx = slope.copy()",
    ),
)

operator = Operator(
    name="elu",
    source="torch.nn.functional.elu",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    differentiable=("x",),
    kinked=("x",),
    weak_kinks=any_subgradient,
    laws=(
        Law("positive", "x is kept where it is positive", positive_kept),
        Law("exponential", "below 0, 1 + elu / alpha is an exponential", exponential),
        Law("slope", "below 0 the slope is out + alpha, above 1", slope, needs_backward=True),
    ),
    mistakes=MISTAKES,
    corners={
        **SHAPES,
        **each("alpha", (*ALPHAS, LARGE_ALPHA)),
        "small": lambda case: case.attributes["small"],
        "at the kink": lambda case: case.regime == "kinks",
    },
    workloads=(convnet(alpha=1.0, small=False),),
)
