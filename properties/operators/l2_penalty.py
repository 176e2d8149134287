"""l2_penalty: strategy over shapes and strengths, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Operator, Workload
from properties.operators._corners import each
from properties.operators._penalties import (
    LINEARITY,
    SHAPES,
    STRENGTHS,
    draw_penalty,
    homogeneous,
)
from properties.values import Values


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    return {**draw_penalty(draw, domain), "half": draw(domain.boolean("half"))}


def inputs(at: Attributes, values: Values) -> Arrays:
    return {"w": np.asarray(values.array("w", at["shape"]))}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch

    loss = at["strength"] * torch.sum(tensors["w"] ** 2)
    return {"loss": loss / 2 if at["half"] else loss}


SQUARE = "squares[i] = w[i] ** 2"
LOSS = "loss = strength * np.sum(squares)"
HALF = "        loss = loss / 2\n"
CACHE = "return np.asarray(loss, w.dtype), (w.copy(), strength, half)"
DW = "dw[i] = 2 * strength * w[i] * dloss"
DHALF = "            dw[i] /= 2\n"
RETURN = "return dw"

MISTAKES = (
    edit(
        "0.5 factor",
        "the penalty is halved where it should not be",
        f"    if half:\n{HALF}",
        "    loss = loss / 2\n",
    ),
    edit(
        "0.5 factor, also in the gradient",
        "the penalty and its gradient are halved where they should not be",
        f"    if half:\n{HALF}",
        "    loss = loss / 2\n",
        f"        if half:\n{DHALF}",
        "        dw[i] /= 2\n",
    ),
    edit(
        "half forgotten",
        "neither the penalty nor its gradient is halved where they should be",
        HALF,
        "        pass\n",
        DHALF,
        "            pass\n",
    ),
    edit(
        "half forgotten in the gradient",
        "the penalty is halved, its gradient is not",
        DHALF,
        "            pass\n",
    ),
    edit(
        "factor 2 missing in the gradient",
        "the gradient is that of half the penalty",
        DW,
        "dw[i] = strength * w[i] * dloss",
    ),
    edit(
        "norm instead of its square",
        "the penalty is the root of the sum of squares",
        LOSS,
        "loss = strength * np.sqrt(np.sum(squares))",
    ),
    edit("absolute values", "the weights are not squared", SQUARE, "squares[i] = np.abs(w[i])"),
    edit(
        "square of the sum",
        "weights are added up before they are squared",
        LOSS,
        "loss = strength * np.sum(w) ** 2",
    ),
    edit(
        "mean instead of sum",
        "the penalty is divided by the number of weights",
        LOSS,
        f"{LOSS} / max(w.size, 1)",
        DW,
        f"{DW} / max(w.size, 1)",
    ),
    edit(
        "first axis only",
        "the squares of the first row are added up, those of the others not",
        LOSS,
        "loss = strength * np.sum(squares[:1] if w.ndim else squares)",
    ),
    edit(
        "strength squared",
        "the weights are multiplied by the strength before they are squared",
        LOSS,
        "loss = np.sum((strength * w) ** 2)",
    ),
    edit(
        "strength left out",
        "the penalty is the sum of squares alone",
        LOSS,
        "loss = np.sum(squares)",
    ),
    edit(
        "strength left out of the gradient",
        "dw is 2 w, whatever the strength",
        DW,
        "dw[i] = 2 * w[i] * dloss",
    ),
    edit("gradient negated", "dw has the wrong sign", DW, "dw[i] = -2 * strength * w[i] * dloss"),
    edit(
        "dloss ignored",
        "the gradient takes the upstream gradient to be one",
        DW,
        "dw[i] = 2 * strength * w[i]",
    ),
    edit(
        "weights changed in place",
        "the caller's w is squared where it stands",
        SQUARE,
        f"{SQUARE}\n        w[i] = squares[i]",
    ),
    edit(
        "cache consumed by backward",
        "the cached w is set to 0, so a second backward is wrong",
        RETURN,
        f"w *= 0\n    {RETURN}",
    ),
    edit(
        "result always float64",
        "float32 weights give a float64 penalty",
        CACHE,
        CACHE.replace("(loss, w.dtype)", "(loss, np.result_type(w, np.float64))"),
    ),
    edit(
        "accumulated in float16",
        "squares are added up in half precision",
        LOSS,
        "loss = strength * np.sum(squares, dtype=None if w.dtype.kind == 'c' else np.float16)",
    ),
)

CORNERS: Corners = {
    **SHAPES,
    "halved": lambda case: case.attributes["half"],
    **each("strength", STRENGTHS),
}

operator = Operator(
    name="l2_penalty",
    source="torch.sum",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("loss",),
    differentiable=("w",),
    regimes=("integers", "constant", "sparse", "normal", "large", "offset", "rows"),
    laws=(*homogeneous(2), LINEARITY),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(Workload("two-layer net", {"shape": (3072, 100), "strength": 1e-3, "half": False}),),
)
