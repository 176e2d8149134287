"""mse_loss: strategy over shapes and reductions, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs, Workload
from properties.operators._corners import each
from properties.values import Values


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    reduction = draw(domain.choice("reduction", ("mean", "sum", "none")))
    ndim = draw(domain.choice("ndim", (1, 2, 3, 0)))
    shape = [draw(domain.integer("size", 1, 4)) for _ in range(ndim)]
    if ndim > 1 and reduction != "mean" and draw(domain.boolean("empty")):
        shape[0] = 0  # the mean of nothing is not a number
    return {"shape": tuple(shape), "reduction": reduction}


def inputs(at: Attributes, values: Values) -> Arrays:
    x, target = values.array("x", at["shape"]), values.array("target", at["shape"])
    if values.regime == "offset":  # predictions near targets that are far from 0
        target = x + values.array("error", at["shape"], "normal")
    return {"x": np.asarray(x), "target": np.asarray(target)}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.functional import mse_loss

    return {"loss": mse_loss(tensors["x"], tensors["target"], reduction=at["reduction"])}


def symmetric(run: Any, case: Case, inputs: Arrays) -> Pairs:
    turned = {"x": inputs["target"], "target": inputs["x"]}
    yield "loss", run(turned)["loss"], run(inputs)["loss"]


def quadratic(run: Any, case: Case, inputs: Arrays) -> Pairs:
    larger = {name: -3 * array for name, array in inputs.items()}
    yield "loss", run(larger)["loss"], np.asarray(9 * run(inputs)["loss"])


def opposite_gradients(run: Any, case: Case, inputs: Arrays) -> Pairs:
    dloss = Values("normal", case.seed, 1).array("dloss", run(inputs)["loss"].shape)
    gradients = run.gradients(inputs, {"loss": np.asarray(dloss)})
    if "target" in gradients:  # a course may promise dx alone
        yield "dtarget", gradients["target"], np.asarray(-gradients["x"])


ERROR = "errors[i] = x[i] - target[i]"
LOSS = "losses[i] = errors[i] ** 2"
SUM = "loss = np.sum(losses)"
MEAN = "loss = loss / x.size if x.size else np.nan"
CACHE = "return np.asarray(loss, x.dtype), (errors, reduction)"
DFULL = "dlosses = np.full(shape, dloss, errors.dtype)"
DERROR = "derror = 2 * errors[i] * dlosses[i]"
DMEAN = "derror = derror / errors.size"
DTARGET = "dtarget[i] = -derror"
RETURN = "return dx, dtarget"

MISTAKES = (
    edit("half the squared error", "the loss is halved", LOSS, "losses[i] = errors[i] ** 2 / 2"),
    edit(
        "half the squared error and its gradient",
        "the loss is halved, and so is the gradient",
        LOSS,
        "losses[i] = errors[i] ** 2 / 2",
        DERROR,
        "derror = errors[i] * dlosses[i]",
    ),
    edit(
        "factor 2 missing in the gradient",
        "the gradient is that of half the squared error",
        DERROR,
        "derror = errors[i] * dlosses[i]",
    ),
    edit(
        "absolute error",
        "the errors are not squared",
        LOSS,
        "losses[i] = errors[i] * np.sign(errors[i].real)",
    ),
    edit(
        "root of the mean",
        "the loss is the root of the mean squared error",
        MEAN,
        "loss = np.sqrt(loss / x.size)",
    ),
    edit(
        "square of the sum",
        "errors are added up before they are squared",
        SUM,
        "loss = np.sum(errors) ** 2",
    ),
    edit(
        "divided by N",
        "the mean is divided by the batch, not by the number of elements",
        MEAN,
        "loss = loss / (len(x) if x.ndim else 1)",
        DMEAN,
        "derror = derror / (len(errors) if errors.ndim else 1)",
    ),
    edit("sum instead of mean", "the loss is not divided", MEAN, "loss = loss * 1"),
    edit(
        "mean instead of sum",
        "the sum is divided by the number of elements",
        SUM,
        f'{SUM}\n        loss = loss / (x.size if reduction == "sum" else 1)',
    ),
    edit(
        "gradient not divided",
        "the loss is a mean, its gradient that of a sum",
        DMEAN,
        "pass",
    ),
    edit(
        "gradient divided by N",
        "the gradient is divided by the batch, not by the number of elements",
        DMEAN,
        "derror = derror / (len(errors) if errors.ndim else 1)",
    ),
    edit("gradient negated", "dx has the wrong sign", "dx[i] = derror", "dx[i] = -derror"),
    edit(
        "target's gradient of the same sign",
        "dtarget equals dx",
        DTARGET,
        "dtarget[i] = derror",
    ),
    edit("no gradient of the target", "dtarget is zero", DTARGET, "pass"),
    edit(
        "dloss ignored",
        "the gradient takes the upstream gradient to be one",
        DFULL,
        "dlosses = np.ones(shape, errors.dtype)",
    ),
    edit(
        "square multiplied out",
        "x^2 - 2 x target + target^2 cancels where both are large",
        LOSS,
        "losses[i] = x[i] ** 2 - 2 * x[i] * target[i] + target[i] ** 2",
    ),
    edit(
        "input changed in place",
        "the target is subtracted in the caller's x",
        CACHE,
        f"x -= target\n    {CACHE}",
    ),
    edit(
        "dloss changed in place",
        "backward multiplies the caller's dloss by 2",
        RETURN,
        f"dloss *= 2\n    {RETURN}",
    ),
    edit(
        "cache consumed by backward",
        "the cached errors are multiplied by 2, so a second backward is wrong",
        RETURN,
        f"errors *= 2\n    {RETURN}",
    ),
    edit(
        "result always float64",
        "float32 inputs give a float64 loss",
        CACHE,
        "return np.asarray(loss, np.result_type(x, np.float64)), (errors, reduction)",
    ),
    edit(
        "accumulated in float16",
        "squares are added up in half precision",
        SUM,
        "loss = np.sum(losses, dtype=None if x.dtype.kind == 'c' else np.float16)",
    ),
)

CORNERS: Corners = {
    "no dimension": lambda case: case.attributes["shape"] == (),
    "three dimensions": lambda case: len(case.attributes["shape"]) == 3,
    "one sample": lambda case: case.attributes["shape"][:1] == (1,),
    "empty": lambda case: 0 in case.attributes["shape"],
    "near targets far from 0": lambda case: case.regime == "offset",
    **each("reduction", ("mean", "sum", "none")),
}

operator = Operator(
    name="mse_loss",
    source="torch.nn.functional.mse_loss",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("loss",),
    differentiable=("x", "target"),
    regimes=("integers", "constant", "sparse", "normal", "large", "offset", "rows"),
    laws=(
        Law("symmetry", "x and target may change places", symmetric),
        Law("homogeneity", "errors three times as large cost nine times as much", quadratic),
        Law("opposition", "dtarget = -dx", opposite_gradients, needs_backward=True),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(Workload("images", {"shape": (64, 3, 32, 32), "reduction": "mean"}),),
)
