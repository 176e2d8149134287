"""nll_loss: strategy over shapes, weights, reductions and ignored ids, oracle, laws, mistakes."""

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
    spatial_dims = draw(domain.choice("spatial_dims", (0, 1, 2)))
    classes = draw(domain.choice("classes", (2, 3, 4, 5, 1)))
    ignored = draw(domain.boolean("ignored"))
    # A class may be ignored too, if another is left: the mean over no id is not a number.
    ignorable = (-100, -1, 255, 0) if classes > 1 else (-100, -1, 255)
    return {
        "batch": draw(domain.integer("batch", 1, 4)),
        "classes": classes,
        "size": tuple(draw(domain.integer("size", 1, 3)) for _ in range(spatial_dims)),
        "weighted": draw(domain.boolean("weighted")),
        "reduction": draw(domain.choice("reduction", ("mean", "sum", "none"))),
        "ignored": ignored,
        "ignore_index": draw(domain.choice("ignore_index", ignorable)) if ignored else -100,
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    N, C, size = at["batch"], at["classes"], at["size"]
    y = values.ids("y", (N, *size), C)
    if at["ignored"]:
        y[values.rng("ignored").random(y.shape) < 0.4] = at["ignore_index"]
        y.flat[0] = C - 1
    arrays = {"x": values.array("x", (N, C, *size)), "y": y}
    return arrays | {"weight": values.positive("weight", (C,))} if at["weighted"] else arrays


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.functional import nll_loss

    loss = nll_loss(
        tensors["x"],
        tensors["y"],
        tensors["weight"].detach() if at["weighted"] else None,
        reduction=at["reduction"],
        ignore_index=at["ignore_index"],
    )
    return {"loss": loss}


def linear(run: Any, case: Case, inputs: Arrays) -> Pairs:
    other = Values("normal", case.seed, 1).array("x", inputs["x"].shape)
    apart = run(inputs)["loss"] + 2 * run(inputs | {"x": other})["loss"]
    yield "loss", np.asarray(run(inputs | {"x": inputs["x"] + 2 * other})["loss"]), apart


def relabelling(run: Any, case: Case, inputs: Arrays) -> Pairs:
    C = inputs["x"].shape[1]
    turned = {"x": inputs["x"][:, ::-1].copy(), "y": C - 1 - inputs["y"]}
    if "weight" in inputs:
        turned["weight"] = inputs["weight"][::-1].copy()
    yield "loss", run(turned)["loss"], run(inputs)["loss"]


def mean_ignores_scale(run: Any, case: Case, inputs: Arrays) -> Pairs:
    yield "loss", run(inputs | {"weight": 4 * inputs["weight"]})["loss"], run(inputs)["loss"]


CHECK = "check_nll_loss(x, y, weight, reduction, ignore_index)\n    logp"
LOGP = "logp = np.moveaxis(x, 1, -1)"
WEIGHT = "weights[n] = 1 if weight is None else weight[y[n]]"
LOSS = "losses[n] = -weights[n] * logp[n][y[n]]"
COUNTED = "if y[n] != ignore_index:"
MEAN = "loss = loss / np.sum(weights) if np.sum(weights) != 0 else np.nan"
DMEAN = "dlosses = dlosses / np.sum(weights)"
DFULL = "dlosses = np.full(y.shape, dloss, weights.dtype)"
DSHIFT = "dlogp = np.moveaxis(dx, 1, -1)"
DCOUNTED = "        if weights[n] != 0:\n"
DLABEL = "dlogp[n][y[n]] = -weights[n] * dlosses[n]"

MISTAKES = (
    edit("sign dropped", "the loss is x at the class itself", LOSS, LOSS.replace("-", "")),
    edit(
        "logarithm taken again",
        "x is taken for probabilities, and its logarithm is nan where x is negative",
        LOSS,
        "losses[n] = -weights[n] * np.log(logp[n][y[n]])",
    ),
    edit(
        "softmax applied to x",
        "log-probabilities go through another log-softmax, which changes other numbers",
        LOSS,
        "shifted = logp[n] - np.max(logp[n].real)\n"
        "            losses[n] = -weights[n] * (shifted[y[n]] - np.log(np.sum(np.exp(shifted))))",
    ),
    edit(
        "sum over the classes",
        "x of all classes is added up, whatever the id",
        LOSS,
        "losses[n] = -weights[n] * np.sum(logp[n])",
    ),
    edit("weight ignored", "all classes weigh one", WEIGHT, "weights[n] = 1"),
    edit(
        "weight of the position instead of the class",
        "weights are read in the order of the samples",
        WEIGHT,
        "weights[n] = 1 if weight is None else weight[n[0] % len(weight)]",
    ),
    edit(
        "weight applied twice",
        "the loss is multiplied by the square of the weight",
        LOSS,
        LOSS + " * weights[n]",
    ),
    edit(
        "weights not in the denominator",
        "the weighted sum is divided by the number of ids, not by the sum of their weights",
        MEAN,
        "loss = loss / np.sum(weights != 0)",
        DMEAN,
        "dlosses = dlosses / np.sum(weights != 0)",
    ),
    edit(
        "divided by all weights",
        "the mean is divided by the sum of the weights of the classes, each once",
        MEAN,
        "loss = loss / (np.sum(weights != 0) if weight is None else np.sum(weight))",
    ),
    edit(
        "weight missing in the gradient",
        "dx at the class is minus dloss, whatever the weight",
        DLABEL,
        "dlogp[n][y[n]] = -dlosses[n]",
    ),
    edit(
        "sum instead of mean",
        "the loss is not divided",
        MEAN,
        "loss = loss * 1",
        DMEAN,
        "dlosses = dlosses * 1",
    ),
    edit(
        "gradient not divided",
        "the loss is a mean, its gradient that of a sum",
        DMEAN,
        "dlosses = dlosses * 1",
    ),
    edit(
        "gradient divided by the number of ids",
        "the mean's gradient is divided by N, not by the sum of the weights",
        DMEAN,
        "dlosses = dlosses / y.size",
    ),
    edit(
        "ignored ids counted in the denominator",
        "ignored positions weigh one in the mean",
        MEAN,
        "loss = loss / (np.sum(weights) + np.sum(y == ignore_index))",
    ),
    edit(
        "ignored ids counted",
        "an ignored id is taken as the class 0",
        CHECK,
        "check_nll_loss(x, y, weight, reduction, ignore_index)\n"
        "    y = np.where(y == ignore_index, 0, y)\n"
        "    ignore_index = -1\n"
        "    logp",
    ),
    edit(
        "mean over the batch only",
        "the loss is divided by N, not by the positions",
        MEAN,
        "loss = loss / len(y)",
        DMEAN,
        "dlosses = dlosses / len(y)",
    ),
    edit(
        "classes read from the wrong axis",
        "x is reshaped so that the classes come last, which mixes them with the positions",
        LOGP,
        "logp = x.reshape(*y.shape, x.shape[1])",
        DSHIFT,
        "dlogp = dx.reshape(*y.shape, shape[1])",
    ),
    edit(
        "gradient at all classes",
        "dx of every class of a position is minus the weight",
        DLABEL,
        "dlogp[n] = -weights[n] * dlosses[n]",
    ),
    edit("gradient negated", "dx has the wrong sign", DLABEL, DLABEL.replace("-", "")),
    edit(
        "dloss ignored",
        "the gradient takes the upstream gradient to be one",
        DFULL,
        "dlosses = np.ones(y.shape, weights.dtype)",
    ),
    edit(
        "ids changed in place",
        "the caller's ignored ids are set to 0",
        LOSS,
        LOSS + "\n        else:\n            y[n] = 0",
    ),
    edit(
        "cache consumed by backward",
        "the cached weights are set to 0, so a second backward is wrong",
        DLABEL,
        DLABEL + "\n            weights[n] = 0",
    ),
    edit(
        "result always float64",
        "float32 inputs give a float64 loss",
        "np.asarray(loss, x.dtype), (",
        "np.asarray(loss, np.result_type(x, np.float64)), (",
    ),
    edit(
        "accumulated in float16",
        "losses are added up in half precision",
        "loss = np.sum(losses)",
        "loss = np.sum(losses, dtype=None if x.dtype.kind == 'c' else np.float16)",
    ),
)

CORNERS: Corners = {
    "ignored ids": lambda case: case.attributes["ignored"],
    "ignored class": lambda case: (
        case.attributes["ignored"] and case.attributes["ignore_index"] == 0
    ),
    "weighted and ignored": lambda case: case.attributes["weighted"] and case.attributes["ignored"],
    "no weight": lambda case: not case.attributes["weighted"],
    "one class": lambda case: case.attributes["classes"] == 1,
    "one sample": lambda case: case.attributes["batch"] == 1,
    "maps": lambda case: len(case.attributes["size"]) == 2,
    **each("reduction", ("mean", "sum", "none")),
}

operator = Operator(
    name="nll_loss",
    source="torch.nn.functional.nll_loss",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("loss",),
    differentiable=("x",),
    regimes=("integers", "constant", "sparse", "normal", "large", "offset", "rows"),
    laws=(
        Law("linearity", "f(x + 2 y) = f(x) + 2 f(y)", linear),
        Law(
            "relabelling",
            "classes renamed in x, y and weight alike",
            relabelling,
            applies=lambda case: not case.attributes["ignored"],
        ),
        Law(
            "a mean",
            "weights four times as large change nothing",
            mean_ignores_scale,
            applies=lambda case: (
                case.attributes["weighted"] and case.attributes["reduction"] == "mean"
            ),
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(
        Workload(
            "CIFAR-100 batch",
            {
                "batch": 128,
                "classes": 100,
                "size": (),
                "weighted": True,
                "reduction": "mean",
                "ignored": False,
                "ignore_index": -100,
            },
        ),
        Workload(
            "segmentation",
            {
                "batch": 4,
                "classes": 21,
                "size": (64, 64),
                "weighted": True,
                "reduction": "mean",
                "ignored": True,
                "ignore_index": 255,
            },
        ),
    ),
)
