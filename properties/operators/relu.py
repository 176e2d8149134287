"""relu: strategy over shapes, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs, Workload
from properties.operators._activations import draw_shape
from properties.values import Values


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    return {"shape": draw_shape(draw, domain)}


def inputs(at: Attributes, values: Values) -> Arrays:
    if values.regime == "kinks":
        return {"x": np.asarray(np.trunc(values.array("x", at["shape"]) / 2))}  # -1, 0 and 1
    return {"x": values.nonzero("x", at["shape"])}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.functional import relu

    return {"out": relu(tensors["x"])}


def any_subgradient(
    at: Attributes, inputs: Arrays, outputs: Arrays, cotangents: Arrays, gradients: Arrays
) -> str | None:
    """At 0 the gradient lies between 0 and dout; elsewhere there is no choice."""
    x, dout, dx = inputs["x"], cotangents["out"], gradients["x"]
    share = np.where(dout == 0, 0.0, dx / np.where(dout == 0, 1.0, dout))
    if not np.all((share >= 0) & (share <= 1)):
        return "dx at a zero of x does not lie between 0 and dout"
    if not np.array_equal(dx[x != 0], np.where(x > 0, dout, 0.0)[x != 0]):
        return "dx differs from dout where x > 0, or from 0 where x < 0"
    return None


def idempotent(run: Any, case: Case, inputs: Arrays) -> Pairs:
    once = run(inputs)["out"]
    yield "relu(relu(x))", run({"x": once})["out"], once


def splits(run: Any, case: Case, inputs: Arrays) -> Pairs:
    parts = run(inputs)["out"] - run({"x": -inputs["x"]})["out"]
    yield "relu(x) - relu(-x)", np.asarray(parts), inputs["x"]


OFF = "off = x.real <= 0"
OUT = "out = np.where(off, x.dtype.type(0), x)"
DX = "dx = np.where(off, dtype.type(0), dout)"

MISTAKES = (
    edit(
        "gradient through x >= 0",
        "at x = 0 the gradient is dout, where PyTorch gives 0",
        OFF,
        "off = x.real < 0",
    ),
    edit(
        "gradient not masked",
        "dx is dout, also where x is negative",
        DX,
        "dx = np.where(off, dout, dout)",
    ),
    edit(
        "gradient masked the wrong way round",
        "dx is dout where x is negative and 0 where it is positive",
        DX,
        "dx = np.where(off, dout, dtype.type(0))",
    ),
    edit(
        "gradient is the mask alone",
        "dx is 1 where x is positive: dout is not multiplied in",
        DX,
        "dx = np.where(off, dtype.type(0), np.ones_like(dout))",
    ),
    edit("absolute value", "negative inputs come back positive", OUT, "out = np.where(off, -x, x)"),
    edit(
        "leaky",
        "negative inputs come back as a hundredth of themselves",
        OUT,
        "out = np.where(off, x.dtype.type(0.01) * x, x)",
    ),
    edit(
        "clipped at 6",
        "the output is never larger than 6",
        OUT,
        "out = np.where(off, x.dtype.type(0), np.where(x.real > 6, x.dtype.type(6), x))",
    ),
    edit(
        "input changed in place",
        "negative elements of the caller's x are set to 0",
        OUT,
        OUT + "\n    x[off] = 0",
    ),
    edit(
        "dout changed in place",
        "elements of the caller's dout are set to 0",
        DX,
        DX + "\n    dout[off] = 0",
    ),
    edit(
        "result always float64",
        "float32 inputs give float64 outputs",
        OUT,
        "out = np.where(off, 0, x.astype(np.result_type(x, np.float64)))",
    ),
)

CORNERS: Corners = {
    "no dimension": lambda case: case.attributes["shape"] == (),
    "empty": lambda case: 0 in case.attributes["shape"],
    "at the kink": lambda case: case.regime == "kinks",
}

operator = Operator(
    name="relu",
    source="torch.nn.functional.relu",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    differentiable=("x",),
    kinked=("x",),
    weak_kinks=any_subgradient,
    laws=(
        Law("idempotence", "relu of relu is relu", idempotent),
        Law("splitting", "relu(x) - relu(-x) = x", splits),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(
        Workload("activations of a convnet", {"shape": (100, 32, 32, 32)}, {"empty": False}),
    ),
)
