"""leaky_relu: strategy over shapes and slopes, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs, Workload
from properties.operators import relu
from properties.operators._corners import each
from properties.operators.relu import inputs

SLOPES = (0.01, 0.2, -0.5, 0.0, 2.0, 1.0, -2.0)


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    slope = draw(domain.choice("negative_slope", SLOPES))
    return {**relu.attributes(draw, domain), "negative_slope": slope}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.functional import leaky_relu

    return {"out": leaky_relu(tensors["x"], at["negative_slope"])}


def any_subgradient(
    at: Attributes, inputs: Arrays, outputs: Arrays, cotangents: Arrays, gradients: Arrays
) -> str | None:
    """At 0 the gradient lies between dout and negative_slope dout; elsewhere there is no choice."""
    x, dout, dx = inputs["x"], cotangents["out"], gradients["x"]
    leaked = at["negative_slope"] * dout
    low, high = np.minimum(dout, leaked), np.maximum(dout, leaked)
    slack = 1e-9 * (1 + np.abs(low) + np.abs(high))
    if not np.all((low - slack <= dx) & (dx <= high + slack)):
        return "dx does not lie between dout and negative_slope dout"
    if not np.all(np.abs(dx - np.where(x > 0, dout, leaked))[x != 0] <= slack[x != 0]):
        return "dx differs from dout where x > 0, or from negative_slope dout where x < 0"
    return None


def homogeneous(run: Any, case: Case, inputs: Arrays) -> Pairs:
    scaled = run({"x": np.asarray(3 * inputs["x"])})["out"]
    yield "f(3 x)", scaled, np.asarray(3 * run(inputs)["out"])


def splits(run: Any, case: Case, inputs: Arrays) -> Pairs:
    parts = run(inputs)["out"] - run({"x": np.asarray(-inputs["x"])})["out"]
    whole = (1 + case.attributes["negative_slope"]) * inputs["x"]
    yield "f(x) - f(-x)", np.asarray(parts), np.asarray(whole)


SLOPE = 'slope = x.dtype.type(number("negative_slope", negative_slope))'
ON = "on = x.real > 0"
OUT = "out = np.where(on, x, slope * x)"
DX = "dx = np.where(on, dout, slope * dout)"

MISTAKES = (
    edit(
        "gradient through x >= 0",
        "at x = 0 the gradient is dout, where PyTorch gives negative_slope dout",
        ON,
        "on = x.real >= 0",
    ),
    edit(
        "larger of x and slope times x",
        "for slopes above 1 negative inputs come back unchanged",
        OUT,
        "out = np.where(x.real >= (slope * x).real, x, slope * x)",
    ),
    edit(
        "slope below 0 taken as 0",
        "negative slopes have no effect",
        SLOPE,
        SLOPE.replace("negative_slope))", "max(negative_slope, 0.0)))"),
    ),
    edit(
        "slope ignored",
        "negative inputs come back as 0",
        SLOPE,
        "slope = x.dtype.type(0)",
    ),
    edit(
        "slope 0.01 whatever it is set to",
        "the slope is always the default",
        SLOPE,
        "slope = x.dtype.type(0.01)",
    ),
    edit(
        "slope on the positive side",
        "positive inputs are multiplied by the slope instead of negative ones",
        OUT,
        "out = np.where(on, slope * x, x)",
        DX,
        "dx = np.where(on, slope * dout, dout)",
    ),
    edit(
        "constant instead of a slope",
        "negative inputs come back as the slope itself",
        OUT,
        "out = np.where(on, x, slope)",
    ),
    edit(
        "sign of the slope",
        "negative inputs come back with the opposite sign",
        OUT,
        "out = np.where(on, x, -slope * x)",
    ),
    edit(
        "slope of randomised leaky units",
        "negative inputs are divided by the slope instead of multiplied",
        OUT,
        "out = np.where(on, x, x / (slope or x.dtype.type(1)))",
    ),
    edit(
        "gradient of relu",
        "dx is 0 where x is negative",
        DX,
        "dx = np.where(on, dout, dout.dtype.type(0))",
    ),
    edit(
        "gradient not masked",
        "dx is dout, also where x is negative",
        DX,
        "dx = np.where(on, dout, dout)",
    ),
    edit(
        "gradient masked the wrong way round",
        "dx is dout where x is negative and the slope times dout where it is positive",
        DX,
        "dx = np.where(on, slope * dout, dout)",
    ),
    edit(
        "gradient is the slope alone",
        "where x is negative, dout is not multiplied in",
        DX,
        "dx = np.where(on, dout, slope)",
    ),
    edit(
        "dout ignored",
        "dx is 1 or the slope: dout is not multiplied in",
        DX,
        "dx = np.where(on, dout.dtype.type(1), slope + 0 * dout)",
    ),
    edit(
        "gradient masked by dout",
        "the sign of dout decides where the slope applies, not that of x",
        DX,
        "dx = np.where(dout > 0, dout, slope * dout)",
    ),
    edit(
        "gradient masked by the output",
        "the sign of out decides, which for a negative slope is not that of x",
        "return out, (on, slope)",
        "return out, (out.real > 0, slope)",
    ),
    edit(
        "slope applied twice in backward",
        "where x is negative, dx is the squared slope times dout",
        DX,
        "dx = np.where(on, dout, slope * slope * dout)",
    ),
    edit(
        "input changed in place",
        "negative elements of the caller's x are multiplied by the slope",
        OUT,
        f"{OUT}\n    x[~on] *= slope",
    ),
    edit(
        "dout changed in place",
        "elements of the caller's dout are multiplied by the slope",
        DX,
        f"{DX}\n    dout[~on] *= slope",
    ),
    edit(
        "cache consumed by backward",
        "the cached mask is emptied, so a second backward is wrong",
        ON,
        "on = np.asarray(x.real > 0)",
        DX,
        f"{DX}\n    on &= False",
    ),
    edit(
        "result always float64",
        "float32 inputs give float64 outputs",
        OUT,
        "out = np.where(on, x, slope * x.astype(np.result_type(x, np.float64)))",
    ),
)

CORNERS: Corners = {**relu.CORNERS, **each("negative_slope", SLOPES)}

operator = Operator(
    name="leaky_relu",
    source="torch.nn.functional.leaky_relu",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    differentiable=("x",),
    kinked=("x",),
    weak_kinks=any_subgradient,
    laws=(
        Law("homogeneity", "f(3 x) = 3 f(x)", homogeneous),
        Law("splitting", "f(x) - f(-x) = (1 + negative_slope) x", splits),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(
        Workload("activations of a convnet", {"shape": (100, 32, 32, 32), "negative_slope": 0.01}),
    ),
)
