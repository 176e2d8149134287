"""softmax: strategy over shapes and axes, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from properties.case import Attributes, Case
from properties.mistakes import edit
from properties.operator import Arrays, Law, Operator, Pairs, Workload
from properties.operators import _softmax
from properties.operators._softmax import attributes, inputs


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch

    return {"out": torch.softmax(tensors["x"], at["axis"])}


def sums_to_one(run: Any, case: Case, inputs: Arrays) -> Pairs:
    total = np.asarray(run(inputs)["out"].sum(axis=case.attributes["axis"]))
    yield "out summed along the axis", total, np.ones_like(total)


P = "p[n] = np.exp(shifted) / np.sum(np.exp(shifted))"
KEPT = "(p.copy(), axis, x.shape)"
DROW = "dx[n] = p[n] * (drows[n] - np.sum(drows[n] * p[n]))"

MISTAKES = (
    *_softmax.MISTAKES,
    edit(
        "not normalised",
        "the exponentials are not divided by their sum",
        P,
        "p[n] = np.exp(shifted)",
    ),
    edit(
        "divided by the largest exponential",
        "the largest element of every row becomes 1",
        P,
        "p[n] = np.exp(shifted) / np.max(np.exp(shifted).real, initial=0)",
    ),
    edit(
        "divided by the sum over the whole array",
        "not each row but all of the output sums to one",
        P,
        "p[n] = np.exp(shifted) / np.sum(np.exp(rows - np.max(rows.real, initial=0)))",
    ),
    edit(
        "sum guarded by a small constant",
        "1e-8 is added to the sum of exponentials, which is never below 1",
        P,
        "p[n] = np.exp(shifted) / (np.sum(np.exp(shifted)) + 1e-8)",
    ),
    edit(
        "applied twice",
        "the softmax of the softmax is returned",
        P,
        f"{P}\n        p[n] = np.exp(p[n]) / np.sum(np.exp(p[n]))",
    ),
    edit(
        "logarithm returned",
        "the output is the log-softmax",
        "out = np.moveaxis(p, -1, axis)",
        "out = np.moveaxis(np.log(p), -1, axis)",
    ),
    edit(
        "gradient without coupling",
        "dx is out (1 - out) dout, as if each output depended on its own input alone",
        DROW,
        "dx[n] = p[n] * (1 - p[n]) * drows[n]",
    ),
    edit(
        "gradient of exp alone",
        "dx is out dout, the sum in the denominator is taken to be constant",
        DROW,
        "dx[n] = p[n] * drows[n]",
    ),
    edit(
        "gradient with the wrong sign of the coupling",
        "the sum of dout out is added instead of subtracted",
        DROW,
        "dx[n] = p[n] * (drows[n] + np.sum(drows[n] * p[n]))",
    ),
    edit(
        "sum of dout without probabilities",
        "the plain sum of dout is subtracted, not that of dout out",
        DROW,
        "dx[n] = p[n] * (drows[n] - np.sum(drows[n]))",
    ),
    edit(
        "gradient not multiplied by the output",
        "dx is dout less the sum of dout out",
        DROW,
        "dx[n] = drows[n] - np.sum(drows[n] * p[n])",
    ),
    edit(
        "gradient summed over the whole array",
        "the sum of dout out runs over all rows",
        DROW,
        "dx[n] = p[n] * (drows[n] - np.sum(drows * p))",
    ),
    edit(
        "gradient summed over the wrong axis",
        "the sum of dout out runs over the first axis instead of the row",
        DROW,
        "dx[n] = p[n] * (drows[n] - np.sum(drows * p, axis=0)[n[1:]])",
    ),
    edit(
        "gradient of cross-entropy",
        "dx is out - dout, as if dout were labels",
        DROW,
        "dx[n] = p[n] - drows[n]",
    ),
    edit(
        "dout ignored",
        "the gradient takes the upstream gradient to be one",
        DROW,
        "dx[n] = p[n] * (1 - np.sum(p[n]))",
    ),
    edit("gradient negated", "dx has the wrong sign", DROW, DROW.replace("p[n] *", "-p[n] *", 1)),
    edit(
        "cache consumed by backward",
        "the cached output is multiplied by dout, so a second backward is wrong",
        DROW,
        f"{DROW}\n        p[n] *= drows[n]",
    ),
    edit(
        "result always float64",
        "float32 inputs give float64 outputs",
        "p = np.zeros(rows.shape, x.dtype)",
        "p = np.zeros(rows.shape, np.result_type(x, np.float64))",
        KEPT,
        "(p.astype(x.dtype), axis, x.shape)",
    ),
    edit(
        "accumulated in float16",
        "exponentials are added up in half precision",
        P,
        "half = None if x.dtype.kind == 'c' else np.float16\n"
        "        p[n] = np.exp(shifted) / np.sum(np.exp(shifted), dtype=half)",
    ),
)

operator = Operator(
    name="softmax",
    source="torch.softmax",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    differentiable=("x",),
    regimes=_softmax.REGIMES,
    laws=(
        *_softmax.LAWS,
        Law(
            "normalisation",
            "a row sums to one",
            sums_to_one,
            applies=lambda case: 0 not in case.attributes["shape"],
        ),
    ),
    mistakes=MISTAKES,
    corners=_softmax.CORNERS,
    workloads=(
        Workload("attention scores", {"shape": (8, 8, 128, 128), "axis": -1}, {"empty": False}),
    ),
)
