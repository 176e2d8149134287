"""multiclass_hinge: strategy over margins, powers and reductions, oracle, laws and mistakes."""

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
    return {
        "batch": draw(domain.choice("batch", (1, 2, 3, 4))),
        "classes": draw(domain.choice("classes", (2, 3, 4, 5, 1))),
        "margin": draw(domain.choice("margin", (1.0, 2.0, 0.5))),
        "p": draw(domain.choice("p", (1, 2, 1))),
        "reduction": draw(domain.choice("reduction", ("mean", "sum", "none"))),
        "class_mean": draw(domain.boolean("class_mean")),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    """Scores on a grid that holds every margin; the class y stands half a step off it.

    So a margin is exactly met in `kinks`, where nothing stands off, and missed elsewhere.
    """
    N, C = at["batch"], at["classes"]
    x, y = values.array("x", (N, C)), values.ids("y", (N,), C)
    if values.regime == "kinks":
        x /= 2
        if C > 1:  # at least one
            x[0, (y[0] + 1) % C] = x[0, y[0]] - at["margin"]
        return {"x": x, "y": y}
    step = 0.5 if values.regime == "integers" else 0.125
    x = step * np.round(x / step)
    x[np.arange(N), y] += step / 2
    return {"x": x, "y": y}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.functional import multi_margin_loss

    loss = multi_margin_loss(
        tensors["x"], tensors["y"], p=at["p"], margin=at["margin"], reduction=at["reduction"]
    )
    return {"loss": loss if at["class_mean"] else loss * at["classes"]}


def any_subgradient(
    at: Attributes, inputs: Arrays, outputs: Arrays, cotangents: Arrays, gradients: Arrays
) -> str | None:
    """A class whose margin is exactly met has a share from 0 to 1 of what others have."""
    x, y, dx = inputs["x"], inputs["y"], gradients["x"]
    N, C = x.shape
    rows, p = np.arange(N), at["p"]
    violation = at["margin"] - x[rows, y, None] + x
    slope = p * np.maximum(violation, 0) ** (p - 1) * (violation >= 0)
    divisor = (C if at["class_mean"] else 1) * (N if at["reduction"] == "mean" else 1)
    most = slope * np.broadcast_to(cotangents["loss"], (N,))[:, None] / divisor
    least = np.where(violation > 0, most, 0)
    others = np.arange(C) != y[:, None]
    low, high = np.minimum(least, most) - 1e-9, np.maximum(least, most) + 1e-9
    if np.any(others & ((dx < low) | (dx > high))):
        return "dx of a class is not a share between 0 and 1 of dloss where its margin is met"
    if np.any(np.abs(dx.sum(axis=1)) > 1e-9 * (1 + np.abs(dx).sum(axis=1))):
        return "dx of a row does not sum to zero"
    return None


def shift_invariant(run: Any, case: Case, inputs: Arrays) -> Pairs:
    shift = Values("normal", case.seed, 1).array("shift", (len(inputs["x"]), 1))
    yield "loss", run(inputs | {"x": inputs["x"] + shift})["loss"], run(inputs)["loss"]


def relabelling(run: Any, case: Case, inputs: Arrays) -> Pairs:
    C = inputs["x"].shape[1]
    turned = {"x": inputs["x"][:, ::-1].copy(), "y": C - 1 - inputs["y"]}
    yield "loss", run(turned)["loss"], run(inputs)["loss"]


def gradient_sums_to_zero(run: Any, case: Case, inputs: Arrays) -> Pairs:
    dloss = Values("normal", case.seed, 1).array("dloss", run(inputs)["loss"].shape)
    total = run.gradients(inputs, {"loss": np.asarray(dloss)})["x"].sum(axis=1)
    yield "dx summed over the classes", total, np.zeros_like(total)


CHECK = "margin = check_multiclass_hinge(x, y, margin, p, reduction, class_mean)"
VIOLATION = "violation = margin - x[n, y[n]] + x[n, j]"
POSITIVE = "if j != y[n] and not violation.real <= 0:"
LOSS = "losses[n] += violation**p"
SLOPE = "slope = p * violation ** (p - 1)"
OTHERS = "slopes[n, j] += slope"
CORRECT = "slopes[n, y[n]] -= slope"
CLASS_MEAN = "    if class_mean:\n        losses, slopes = losses / C, slopes / C\n"
MEAN = "loss = loss / N if N else np.nan"
DFULL = "dlosses = np.full(N, dloss, slopes.dtype)"
DX = "dx[n] = slopes[n] * dlosses[n]"
DMEAN = "            dx[n] /= N\n"
RETURN = "    return dx\n"

MISTAKES = (
    edit(
        "correct class included",
        "the class y has a margin to itself, so every row costs margin^p more",
        POSITIVE,
        f"if j == y[n]:\n                losses[n] += margin**p\n            {POSITIVE}",
    ),
    edit(
        "gradient of the correct class missing",
        "dx is zero at the class y",
        CORRECT,
        "pass",
    ),
    edit(
        "correct class counted once",
        "dx at the class y has minus one slope, however many classes come too close",
        CORRECT,
        "slopes[n, y[n]] = -slope",
    ),
    edit(
        "gradient of the correct class only",
        "dx is zero at all classes but y",
        OTHERS,
        "pass",
    ),
    edit(
        "gradient where the margin is exactly met",
        "a class whose margin is met has a gradient, where PyTorch gives 0",
        POSITIVE,
        POSITIVE.replace("<=", "<"),
    ),
    edit(
        "margin left out",
        "a class costs only where it scores higher than y",
        VIOLATION,
        "violation = x[n, j] - x[n, y[n]]",
    ),
    edit(
        "margin always 1",
        "the margin is 1 whatever is asked for",
        VIOLATION,
        VIOLATION.replace("margin", "1"),
    ),
    edit(
        "margin subtracted",
        "a class costs only where it is the margin above y",
        VIOLATION,
        VIOLATION.replace("margin", "-margin"),
    ),
    edit(
        "scores the wrong way round",
        "y costs where it is above the others",
        VIOLATION,
        "violation = margin + x[n, y[n]] - x[n, j]",
        OTHERS,
        "slopes[n, j] -= slope",
        CORRECT,
        "slopes[n, y[n]] += slope",
    ),
    edit(
        "not cut off at 0",
        "classes that are far below y lower the loss",
        POSITIVE,
        "if j != y[n]:",
    ),
    edit(
        "closest class only",
        "the loss is that of the highest other class, as Crammer and Singer have it",
        LOSS,
        "losses[n] = np.maximum(losses[n], violation**p)",
    ),
    edit("p ignored", "margins are never squared", CHECK, CHECK + "\n    p = 1"),
    edit("always squared", "margins are squared whatever p", CHECK, CHECK + "\n    p = 2"),
    edit(
        "factor 2 missing in the gradient",
        "the slope of a squared margin is the margin itself",
        SLOPE,
        "slope = violation ** (p - 1)",
    ),
    edit(
        "gradient of a square not multiplied by the margin",
        "the slope is p, also where margins are squared",
        SLOPE,
        "slope = p",
    ),
    edit(
        "gradient multiplied by the margin",
        "the slope is the margin by which a class comes too close, also where p is 1",
        SLOPE,
        "slope = p * violation",
    ),
    edit(
        "not divided by the classes",
        "the loss is summed over the classes, where PyTorch averages",
        CLASS_MEAN,
        "",
    ),
    edit(
        "always divided by the classes",
        "the loss is averaged over the classes, where a sum is asked for",
        CLASS_MEAN,
        "    losses, slopes = losses / C, slopes / C\n",
    ),
    edit(
        "divided by the other classes",
        "the loss is divided by C - 1, not by C",
        CLASS_MEAN,
        CLASS_MEAN.replace("/ C", "/ max(C - 1, 1)"),
    ),
    edit(
        "gradient not divided by the classes",
        "the loss is averaged over the classes, its gradient is not",
        CLASS_MEAN,
        CLASS_MEAN.replace("slopes / C", "slopes"),
    ),
    edit("sum instead of mean", "the loss is not divided by N", MEAN, "loss = loss * 1"),
    edit(
        "gradient not divided by N",
        "the loss is a mean, its gradient that of a sum",
        DMEAN,
        "            pass\n",
    ),
    edit("gradient negated", "dx has the wrong sign", DX, "dx[n] = -slopes[n] * dlosses[n]"),
    edit(
        "dloss ignored",
        "the gradient takes the upstream gradient to be one",
        DFULL,
        "dlosses = np.ones(N, slopes.dtype)",
    ),
    edit(
        "scores changed in place",
        "the score of y is subtracted in the caller's x",
        CLASS_MEAN,
        CLASS_MEAN + "    x -= x[np.arange(N), y][:, None]\n",
    ),
    edit(
        "dloss changed in place",
        "backward doubles the caller's dloss",
        RETURN,
        "    dloss *= 2\n" + RETURN,
    ),
    edit(
        "cache consumed by backward",
        "the cached slopes are set to 0, so a second backward is wrong",
        RETURN,
        "    slopes *= 0\n" + RETURN,
    ),
    edit(
        "accumulated in float16",
        "losses are added up in half precision",
        "loss = np.sum(losses)",
        "loss = np.sum(losses, dtype=None if x.dtype.kind == 'c' else np.float16)",
    ),
)

CORNERS: Corners = {
    "one class": lambda case: case.attributes["classes"] == 1,
    "one sample": lambda case: case.attributes["batch"] == 1,
    "squared": lambda case: case.attributes["p"] == 2,
    "sum over the classes": lambda case: not case.attributes["class_mean"],
    "margin exactly met": lambda case: case.regime == "kinks" and case.attributes["p"] == 1,
    **each("margin", (1.0, 2.0, 0.5)),
    **each("reduction", ("mean", "sum", "none")),
}

operator = Operator(
    name="multiclass_hinge",
    source="torch.nn.functional.multi_margin_loss",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("loss",),
    differentiable=("x",),
    kinked=("x",),
    weak_kinks=any_subgradient,
    laws=(
        Law("shift invariance", "a constant added to all scores of a row", shift_invariant),
        Law("relabelling", "classes renamed in x and y alike", relabelling),
        Law(
            "conservation",
            "dx of a row sums to zero",
            gradient_sums_to_zero,
            needs_backward=True,
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(
        Workload(
            "ImageNet batch",
            {
                "batch": 256,
                "classes": 1000,
                "margin": 1.0,
                "p": 1,
                "reduction": "mean",
                "class_mean": True,
            },
        ),
    ),
)
