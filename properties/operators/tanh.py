"""tanh: strategy over shapes, oracle, laws and mistakes."""

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
    import torch

    return {"out": torch.tanh(tensors["x"])}


def odd(run: Any, case: Case, inputs: Arrays) -> Pairs:
    yield "-tanh(-x)", np.asarray(-run({"x": -inputs["x"]})["out"]), run(inputs)["out"]


def doubling(run: Any, case: Case, inputs: Arrays) -> Pairs:
    out = run(inputs)["out"]
    yield "tanh(2 x)", run({"x": 2 * inputs["x"]})["out"], np.asarray(2 * out / (1 + out**2))


def even_gradient(run: Any, case: Case, inputs: Arrays) -> Pairs:
    dout = Values("normal", case.seed, 1).array("dout", inputs["x"].shape)
    there = run.gradients({"x": -inputs["x"]}, {"out": np.asarray(dout)})["x"]
    yield "dx at -x", there, run.gradients(inputs, {"out": np.asarray(dout)})["x"]


EXPONENT = "t = np.expm1(np.where(on, -2 * x, 2 * x))"
OUT = "out = np.asarray(np.where(on, -t, t) / (2 + t), x.dtype)"
DX = "dx = dout * (1 - out**2)"
CACHE = "(out.copy(),)"

MISTAKES = (
    edit(
        "overflow in exp",
        "(exp(x) - exp(-x)) / (exp(x) + exp(-x)) is nan where x is large on either side",
        OUT,
        "out = (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))\n"
        "    out = np.asarray(out, x.dtype)",
    ),
    edit(
        "overflow in exp of 2 x",
        "(exp(2 x) - 1) / (exp(2 x) + 1) is nan where x is large",
        OUT,
        "out = np.asarray((np.exp(2 * x) - 1) / (np.exp(2 * x) + 1), x.dtype)",
    ),
    edit(
        "overflow in exp: the wrong branch",
        "the formula for negative x is used for positive x and the reverse",
        "on = x.real > 0",
        "on = x.real < 0",
    ),
    edit(
        "sinh / cosh",
        "sinh and cosh overflow, and their quotient is nan where x is large on either side",
        OUT,
        "out = np.asarray(np.sinh(x) / np.cosh(x), x.dtype)",
    ),
    edit(
        "x not doubled",
        "out is tanh(x / 2), which is 2 sigmoid(x) - 1",
        EXPONENT,
        "t = np.expm1(np.where(on, -x, x))",
    ),
    edit(
        "sigmoid",
        "out is 1 / (1 + exp(-2 x)), between 0 and 1",
        OUT,
        "out = np.asarray(np.where(on, 1, 1 + t) / (2 + t), x.dtype)",
    ),
    edit(
        "sign dropped",
        "negative x gives what positive x does",
        OUT,
        OUT.replace("np.where(on, -t, t)", "-t"),
    ),
    edit("sign reversed", "out is tanh(-x)", OUT, OUT.replace("(on, -t, t)", "(on, t, -t)")),
    edit(
        "hard tanh",
        "out is x cut off at -1 and 1",
        OUT,
        "out = np.where(np.abs(x.real) < 1, x, np.sign(x.real)).astype(x.dtype)",
    ),
    edit(
        "tan",
        "out is the tangent",
        OUT,
        "out = np.asarray(np.tan(x))",
    ),
    edit(
        "gradient from the input",
        "dx is dout * (1 - x**2), with the input where the output belongs",
        CACHE,
        "(x.copy(),)",
    ),
    edit(
        "tanh applied twice in backward",
        "the gradient takes the tanh of the output, as if the cache held the input",
        DX,
        "out = np.tanh(out)\n    " + DX,
    ),
    edit("output not squared", "dx is dout * (1 - out)", DX, "dx = dout * (1 - out)"),
    edit("gradient of sigmoid", "dx is dout * out * (1 - out)", DX, "dx = dout * out * (1 - out)"),
    edit("sum for difference", "dx is dout * (1 + out**2)", DX, "dx = dout * (1 + out**2)"),
    edit("gradient negated", "dx is dout * (out**2 - 1)", DX, "dx = dout * (out**2 - 1)"),
    edit("parentheses left out", "dx is dout * 1 - out**2", DX, "dx = dout * 1 - out**2"),
    edit(
        "dout squared as well",
        "dx is 1 - (dout * out)**2",
        DX,
        "dx = 1 - (dout * out) ** 2",
    ),
    edit("dout not multiplied in", "dx is 1 - out**2", DX, "dx = 1 - out**2"),
    edit("derivative left out", "dx is dout", DX, "dx = dout.copy()"),
    edit(
        "result always float64",
        "float32 inputs give float64 outputs",
        OUT,
        OUT.replace("x.dtype", "np.result_type(x, np.float64)"),
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
        "dout *= 1 - out**2\n    dx = dout.copy()",
    ),
    edit(
        "cache consumed by backward",
        "the cached output is squared where it stands, so a second backward is wrong",
        DX,
        f"{DX}\n    out *= out",
    ),
)

operator = Operator(
    name="tanh",
    source="torch.tanh",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    differentiable=("x",),
    regimes=("integers", "constant", "sparse", "normal", "large", "offset", "rows"),
    laws=(
        Law("odd", "tanh(-x) = -tanh(x)", odd),
        Law("doubling", "tanh(2 x) = 2 t / (1 + t^2), t = tanh(x)", doubling),
        Law("even gradient", "the slope is as high at -x", even_gradient, needs_backward=True),
    ),
    mistakes=MISTAKES,
    corners=SHAPES,
    workloads=(convnet(),),
)
