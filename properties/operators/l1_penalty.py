"""l1_penalty: strategy over shapes and strengths, oracle, laws and mistakes."""

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
    return draw_penalty(draw, domain)


def inputs(at: Attributes, values: Values) -> Arrays:
    if values.regime == "kinks":
        return {"w": np.asarray(np.trunc(values.array("w", at["shape"]) / 2))}  # -1, 0 and 1
    return {"w": values.nonzero("w", at["shape"])}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch

    return {"loss": at["strength"] * torch.sum(torch.abs(tensors["w"]))}


def any_subgradient(
    at: Attributes, inputs: Arrays, outputs: Arrays, cotangents: Arrays, gradients: Arrays
) -> str | None:
    """At 0 the gradient is at most the strength in size; elsewhere there is no choice."""
    w, dw, slope = inputs["w"], gradients["w"], at["strength"] * cotangents["loss"]
    if np.any(np.abs(dw) > np.abs(slope) * (1 + 1e-9)):
        return "dw at a zero of w is larger than the strength times dloss"
    if not np.allclose(dw[w != 0], (slope * np.sign(w))[w != 0], rtol=1e-9, atol=0):
        return "dw differs from the strength times dloss and the sign of w where w is not 0"
    return None


SIGN = "signs[i] = np.sign(w[i].real)"
SIZE = "sizes[i] = signs[i] * w[i]"
LOSS = "loss = strength * np.sum(sizes)"
RESULT = "return np.asarray(loss, w.dtype), (signs, strength)"
DW = "dw[i] = strength * signs[i] * dloss"
RETURN = "return dw"

MISTAKES = (
    edit(
        "gradient at 0",
        "a weight of 0 has the gradient of a positive one, where PyTorch gives 0",
        SIGN,
        "signs[i] = 1 if w[i].real >= 0 else -1",
    ),
    edit("sign dropped", "the weights themselves are added up", SIZE, "sizes[i] = w[i]"),
    edit("squares", "the weights are squared", SIZE, "sizes[i] = w[i] ** 2"),
    edit(
        "size of the sum",
        "weights are added up before their sign is dropped",
        LOSS,
        "loss = strength * np.abs(np.sum(w))",
    ),
    edit(
        "0.5 factor",
        "the penalty is halved, its gradient is not",
        LOSS,
        "loss = 0.5 * strength * np.sum(sizes)",
    ),
    edit(
        "mean instead of sum",
        "the penalty is divided by the number of weights",
        LOSS,
        f"{LOSS} / max(w.size, 1)",
        DW,
        f"{DW} / max(signs.size, 1)",
    ),
    edit(
        "largest weight only",
        "the penalty is the largest absolute value",
        LOSS,
        "loss = strength * np.max(sizes.real, initial=0)",
    ),
    edit(
        "largest column",
        "the penalty is the matrix norm: absolute values are added up over the first axis, and "
        "the largest sum counts",
        LOSS,
        "loss = strength * np.max(np.sum(sizes, axis=0 if w.ndim else None).real, initial=0)",
    ),
    edit("strength left out", "the penalty has no strength", LOSS, "loss = np.sum(sizes)"),
    edit(
        "strength squared",
        "the strength is multiplied in twice",
        LOSS,
        "loss = strength**2 * np.sum(sizes)",
    ),
    edit(
        "strength left out of the gradient",
        "dw is the sign of w, whatever the strength",
        DW,
        "dw[i] = signs[i] * dloss",
    ),
    edit(
        "gradient without the sign",
        "dw is the strength for every weight",
        DW,
        "dw[i] = strength * dloss",
    ),
    edit(
        "gradient multiplied by the weight",
        "dw is proportional to w, as that of the L2 penalty is",
        "(signs, strength)",
        "(w.copy(), strength)",
    ),
    edit("gradient negated", "dw has the wrong sign", DW, "dw[i] = -strength * signs[i] * dloss"),
    edit(
        "dloss ignored",
        "the gradient takes the upstream gradient to be one",
        DW,
        "dw[i] = strength * signs[i]",
    ),
    edit(
        "weights changed in place",
        "the caller's w loses its signs",
        SIZE,
        f"{SIZE}\n        w[i] = sizes[i]",
    ),
    edit(
        "cache consumed by backward",
        "the cached signs are set to 0, so a second backward is wrong",
        RETURN,
        f"signs *= 0\n    {RETURN}",
    ),
    edit(
        "result always float64",
        "float32 weights give a float64 penalty",
        RESULT,
        RESULT.replace("(loss, w.dtype)", "(loss, np.result_type(w, np.float64))"),
    ),
    edit(
        "accumulated in float16",
        "absolute values are added up in half precision",
        LOSS,
        "loss = strength * np.sum(sizes, dtype=None if w.dtype.kind == 'c' else np.float16)",
    ),
)

CORNERS: Corners = {
    **SHAPES,
    "at the kink": lambda case: case.regime == "kinks",
    **each("strength", STRENGTHS),
}

operator = Operator(
    name="l1_penalty",
    source="torch.sum",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("loss",),
    differentiable=("w",),
    kinked=("w",),
    weak_kinks=any_subgradient,
    laws=(*homogeneous(1), LINEARITY),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(Workload("two-layer net", {"shape": (3072, 100), "strength": 1e-3}),),
)
