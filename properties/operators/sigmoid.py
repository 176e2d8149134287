"""sigmoid: strategy over shapes, oracle, laws and mistakes."""

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
from properties.values import Values


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    return {"shape": draw_shape(draw, domain)}


def inputs(at: Attributes, values: Values) -> Arrays:
    return {"x": np.asarray(values.array("x", at["shape"]))}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.functional import sigmoid

    return {"out": sigmoid(tensors["x"])}


def complement(run: Any, case: Case, inputs: Arrays) -> Pairs:
    both = run(inputs)["out"] + run({"x": -inputs["x"]})["out"]
    yield "sigmoid(x) + sigmoid(-x)", np.asarray(both), np.ones(inputs["x"].shape)


def doubling(run: Any, case: Case, inputs: Arrays) -> Pairs:
    out, square = run(inputs)["out"], run(inputs)["out"] ** 2
    twice = square / (square + (1 - out) ** 2)
    yield "sigmoid(2 x)", run({"x": 2 * inputs["x"]})["out"], np.asarray(twice)


def even_gradient(run: Any, case: Case, inputs: Arrays) -> Pairs:
    dout = Values("normal", case.seed, 1).array("dout", inputs["x"].shape)
    there = run.gradients({"x": -inputs["x"]}, {"out": np.asarray(dout)})["x"]
    yield "dx at -x", there, run.gradients(inputs, {"out": np.asarray(dout)})["x"]


EXPONENT = "e = np.exp(np.where(on, -x, x))"
OUT = "out = np.asarray(np.where(on, 1, e) / (1 + e), x.dtype)"
DX = "dx = dout * out * (1 - out)"
CACHE = "(out.copy(),)"

MISTAKES = (
    edit(
        "overflow in exp",
        "exp(x) / (1 + exp(x)) is nan where x is large",
        OUT,
        "out = np.asarray(np.exp(x) / (1 + np.exp(x)), x.dtype)",
    ),
    edit(
        "overflow in exp: the wrong branch",
        "the formula for negative x is used for positive x and the reverse",
        "on = x.real > 0",
        "on = x.real < 0",
    ),
    edit(
        "both branches added up",
        "the branch that is not taken is multiplied by 0, which makes its inf / inf a nan",
        OUT,
        "high, low = 1 / (1 + np.exp(-x)), np.exp(x) / (1 + np.exp(x))\n"
        "    out = np.asarray(on * high + ~on * low, x.dtype)",
    ),
    edit(
        "sign of the exponent",
        "out is 1 / (1 + exp(x)), which falls with x",
        OUT,
        "out = np.asarray(np.where(on, e, 1) / (1 + e), x.dtype)",
    ),
    edit(
        "absolute value",
        "negative x gives what positive x does",
        OUT,
        OUT.replace("np.where(on, 1, e)", "1"),
    ),
    edit(
        "x clipped",
        "out does not come nearer to 0 and 1 than at x = -10 and x = 10",
        EXPONENT,
        "e = np.maximum(np.exp(np.where(on, -x, x)), np.exp(-10))",
    ),
    edit(
        "hard sigmoid",
        "out is x / 6 + 1 / 2, cut off at 0 and 1",
        OUT,
        "out = np.where(np.abs(x.real) < 3, x / 6 + 0.5, on).astype(x.dtype)",
    ),
    edit(
        "scaled to -1 and 1",
        "out is 2 sigmoid(x) - 1",
        OUT,
        "out = np.asarray(2 * (np.where(on, 1, e) / (1 + e)) - 1, x.dtype)",
    ),
    edit(
        "tanh",
        "out is the hyperbolic tangent",
        OUT,
        "out = np.asarray(np.tanh(x))",
    ),
    edit(
        "softmax",
        "out is divided by its sum over the array",
        OUT,
        f"{OUT}\n    out = out / max(np.sum(out).real, 1e-30)",
    ),
    edit(
        "gradient from the input",
        "dx is dout * x * (1 - x), with the input where the output belongs",
        CACHE,
        "(x.copy(),)",
    ),
    edit(
        "sigmoid applied twice in backward",
        "the gradient takes the sigmoid of the output, as if the cache held the input",
        DX,
        "out = 1 / (1 + np.exp(-out))\n    " + DX,
    ),
    edit("dout not multiplied in", "dx is out * (1 - out)", DX, "dx = out * (1 - out)"),
    edit("derivative left out", "dx is dout", DX, "dx = dout.copy()"),
    edit("gradient of exp", "dx is dout * out", DX, "dx = dout * out"),
    edit("gradient of tanh", "dx is dout * (1 - out**2)", DX, "dx = dout * (1 - out**2)"),
    edit(
        "parentheses left out",
        "dx is dout * out * 1 - out",
        DX,
        "dx = dout * out * 1 - out",
    ),
    edit("gradient negated", "dx is dout * out * (out - 1)", DX, "dx = dout * out * (out - 1)"),
    edit(
        "gradient squared",
        "dx is dout * (out * (1 - out))**2",
        DX,
        "dx = dout * (out * (1 - out)) ** 2",
    ),
    edit(
        "result always float64",
        "float32 inputs give float64 outputs",
        OUT,
        "out = np.asarray(np.where(on, 1, e) / (1 + e), np.result_type(x, np.float64))",
    ),
    edit(
        "computed in float16",
        "out has the accuracy of half precision",
        OUT,
        f"{OUT}\n    if x.dtype.kind == 'f':\n        out = out.astype(np.float16).astype(x.dtype)",
    ),
    edit(
        "input changed in place",
        "the caller's x is overwritten with the output",
        OUT,
        f"{OUT}\n    x[...] = out",
    ),
    edit(
        "dout changed in place",
        "the caller's dout is multiplied where it stands",
        DX,
        "dout *= out * (1 - out)\n    dx = dout.copy()",
    ),
    edit(
        "cache consumed by backward",
        "the cached output is overwritten, so a second backward is wrong",
        DX,
        f"{DX}\n    out *= 1 - out",
    ),
)

operator = Operator(
    name="sigmoid",
    source="torch.nn.functional.sigmoid",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    differentiable=("x",),
    regimes=("integers", "constant", "sparse", "normal", "large", "offset", "rows"),
    laws=(
        Law("complement", "sigmoid(x) + sigmoid(-x) = 1", complement),
        Law("doubling", "sigmoid(2 x) = s^2 / (s^2 + (1 - s)^2), s = sigmoid(x)", doubling),
        Law("even gradient", "the slope is as high at -x", even_gradient, needs_backward=True),
    ),
    mistakes=MISTAKES,
    corners=SHAPES,
    workloads=(convnet(),),
)
