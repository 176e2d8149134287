"""gradient_centralization: strategy over shapes, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs
from properties.operators._activations import SHAPES, draw_shape
from properties.values import Values


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    return {"shape": draw_shape(draw, domain, (2, 4, 1, 3, 0))}


def inputs(at: Attributes, values: Values) -> Arrays:
    return {"dw": values.array("dw", at["shape"])}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    dw = tensors["dw"]
    if dw.ndim < 2 or dw.numel() == 0:
        return {"dw": dw.clone()}
    return {"dw": dw - dw.mean(dim=tuple(range(1, dw.ndim)), keepdim=True)}


def centred(run: Any, case: Case, inputs: Arrays) -> Pairs:
    out = run(inputs)["dw"]
    sums = out.sum(axis=tuple(range(1, out.ndim)))
    yield "dw summed over each output's weights", sums, np.zeros_like(sums)


def idempotent(run: Any, case: Case, inputs: Arrays) -> Pairs:
    once = run(inputs)["dw"]
    yield "dw", run({"dw": once})["dw"], once


COPY = "out = dw.copy()"
MATRICES = "if dw.ndim > 1:"
MEAN = "out[m] -= np.sum(dw[m]) / max(dw[m].size, 1)"

MISTAKES = (
    edit("nothing taken off", "the gradient comes back as it is", MATRICES, "if False:"),
    edit(
        "one mean for all",
        "the mean of the whole gradient is taken off",
        MEAN,
        "out[m] -= np.sum(dw) / max(dw.size, 1)",
    ),
    edit(
        "mean over the outputs",
        "the mean is taken along the first axis, over the outputs",
        MEAN,
        "out[m] -= np.sum(dw, axis=0) / len(dw)",
    ),
    edit(
        "mean of each kernel",
        "the mean is taken over the last two axes, for each input channel on its own",
        MEAN,
        "out[m] -= dw[m].mean(axis=(-2, -1), keepdims=True) if dw.ndim == 4 and dw[m].size "
        "else np.sum(dw[m]) / max(dw[m].size, 1)",
    ),
    edit(
        "mean over the second axis",
        "the mean is taken over the input channels, for each place of a kernel on its own",
        MEAN,
        "out[m] -= np.sum(dw[m], axis=0) / max(len(dw[m]), 1)",
    ),
    edit(
        "mean added",
        "the mean is added, not taken off",
        MEAN,
        MEAN.replace("-=", "+="),
    ),
    edit("sum instead of mean", "the sum is taken off", MEAN, "out[m] -= np.sum(dw[m])"),
    edit(
        "mean returned", "the mean takes the place of the gradient", MEAN, MEAN.replace("-=", "=")
    ),
    edit(
        "biases centred",
        "gradients of vectors lose their mean as well",
        MATRICES,
        "if dw.ndim == 1:\n        out -= out.mean()\n    if dw.ndim > 1:",
    ),
    edit(
        "convolutions only",
        "gradients of matrices stay as they are",
        MATRICES,
        "if dw.ndim > 2:",
    ),
    edit(
        "matrices only",
        "gradients of kernels stay as they are",
        MATRICES,
        "if dw.ndim == 2:",
    ),
    edit(
        "divided by the deviation",
        "the gradient is standardised, not only centred",
        MEAN,
        f"{MEAN}\n            out[m] /= np.std(dw[m]) + 1e-8 if dw[m].size else 1",
    ),
    edit("dw changed in place", "the caller's gradient is centred", COPY, "out = dw"),
    edit(
        "computed in float16",
        "the mean is rounded to half precision",
        MEAN,
        "out[m] -= np.float16(np.sum(dw[m]) / max(dw[m].size, 1))",
    ),
)

CORNERS: Corners = {
    **SHAPES,
    "bias": lambda case: len(case.attributes["shape"]) == 1,
    "matrix": lambda case: len(case.attributes["shape"]) == 2,
    "one weight for each output": lambda case: case.attributes["shape"][1:] == (1,),
}

operator = Operator(
    name="gradient_centralization",
    source="torch.Tensor.mean",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("dw",),
    regimes=("integers", "constant", "sparse", "normal", "large", "offset", "rows"),
    laws=(
        Law(
            "centring",
            "the weights of an output add up to 0",
            centred,
            applies=lambda case: len(case.attributes["shape"]) > 1,
        ),
        Law("idempotence", "what is centred stays as it is", idempotent),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
