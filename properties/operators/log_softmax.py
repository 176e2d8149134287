"""log_softmax: strategy over shapes and axes, oracle, laws and mistakes."""

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

    return {"out": torch.log_softmax(tensors["x"], at["axis"])}


def sums_to_one(run: Any, case: Case, inputs: Arrays) -> Pairs:
    total = np.asarray(np.exp(run(inputs)["out"]).sum(axis=case.attributes["axis"]))
    yield "exp(out) summed along the axis", total, np.ones_like(total)


LOGP = "logp[n] = shifted - np.log(np.sum(np.exp(shifted)))"
KEPT = "(logp.copy(), axis, x.shape)"
DROW = "dx[n] = drows[n] - np.exp(logp[n]) * np.sum(drows[n])"

MISTAKES = (
    *_softmax.MISTAKES,
    edit(
        "log(0)",
        "the probability underflows to 0 before its logarithm is taken",
        LOGP,
        "logp[n] = np.log(np.exp(shifted) / np.sum(np.exp(shifted)))",
    ),
    edit(
        "logarithm guarded by a small constant",
        "1e-8 is added to the probability before its logarithm is taken",
        LOGP,
        "logp[n] = np.log(np.exp(shifted) / np.sum(np.exp(shifted)) + 1e-8)",
    ),
    edit(
        "probability clipped",
        "the probability is at least 1e-12 before its logarithm is taken",
        LOGP,
        "p = np.exp(shifted) / np.sum(np.exp(shifted))\n"
        "        logp[n] = np.log(np.where(p.real < 1e-12, x.dtype.type(1e-12), p))",
    ),
    edit(
        "logarithm left out",
        "the output is the softmax",
        LOGP,
        "logp[n] = np.exp(shifted) / np.sum(np.exp(shifted))",
    ),
    edit(
        "logarithm to base 10",
        "the logarithm of the sum is not the natural one",
        LOGP,
        LOGP.replace("np.log(", "np.log10("),
    ),
    edit(
        "logarithm of 1 plus the sum",
        "log1p is taken where the sum is the whole argument",
        LOGP,
        LOGP.replace("np.log(", "np.log1p("),
    ),
    edit(
        "sum of exponentials without logarithm",
        "the sum itself is subtracted",
        LOGP,
        "logp[n] = shifted - np.sum(np.exp(shifted))",
    ),
    edit(
        "mean of the exponentials",
        "the logarithm of their mean is subtracted, not that of their sum",
        LOGP,
        LOGP.replace("np.sum(", "max(1, shifted.size) ** -1 * np.sum("),
    ),
    edit(
        "divided by the sum over the whole array",
        "not each row but all of exp(out) sums to one",
        LOGP,
        "logp[n] = rows[n] - np.log(np.sum(np.exp(rows)))",
    ),
    edit(
        "negative log-probability",
        "the output has the wrong sign",
        LOGP,
        f"{LOGP}\n        logp[n] *= -1",
        DROW,
        DROW.replace("logp", "-logp"),
    ),
    edit(
        "largest element added back",
        "the shift is undone in the output, as in log-sum-exp, though it was not done there",
        LOGP,
        f"{LOGP} + np.max(rows[n].real, initial=-np.inf)",
    ),
    edit(
        "gradient of the identity",
        "dx is dout, the sum of exponentials is taken to be constant",
        DROW,
        "dx[n] = drows[n]",
    ),
    edit(
        "gradient without the sum of dout",
        "dx is dout - exp(out), which is right only where dout of the row sums to one",
        DROW,
        "dx[n] = drows[n] - np.exp(logp[n])",
    ),
    edit(
        "gradient multiplied elementwise",
        "dx is dout (1 - exp(out)), as if each output depended on its own input alone",
        DROW,
        "dx[n] = drows[n] - np.exp(logp[n]) * drows[n]",
    ),
    edit(
        "gradient with the wrong sign of the coupling",
        "the share of the sum is added instead of subtracted",
        DROW,
        "dx[n] = drows[n] + np.exp(logp[n]) * np.sum(drows[n])",
    ),
    edit(
        "gradient of softmax",
        "dx is exp(out) times what is right for the softmax",
        DROW,
        "dx[n] = np.exp(logp[n]) * (drows[n] - np.sum(drows[n] * np.exp(logp[n])))",
    ),
    edit(
        "gradient with the output for the probability",
        "exp of the output is left out in dx",
        DROW,
        "dx[n] = drows[n] - logp[n] * np.sum(drows[n])",
    ),
    edit(
        "gradient with the mean of dout",
        "the mean of dout over the row stands where its sum should",
        DROW,
        "dx[n] = drows[n] - np.exp(logp[n]) * np.sum(drows[n]) / max(len(dx[n]), 1)",
    ),
    edit(
        "gradient summed over the whole array",
        "the sum of dout runs over all rows",
        DROW,
        DROW.replace("np.sum(drows[n])", "np.sum(drows)"),
    ),
    edit(
        "gradient summed over the wrong axis",
        "the sum of dout runs over the first axis instead of the row",
        DROW,
        DROW.replace("np.sum(drows[n])", "np.sum(drows, axis=0)[n[1:]]"),
    ),
    edit(
        "gradient of the negative",
        "dx has the wrong sign",
        DROW,
        "dx[n] = np.exp(logp[n]) * np.sum(drows[n]) - drows[n]",
    ),
    edit(
        "dout ignored",
        "the gradient takes the upstream gradient to be one",
        DROW,
        "dx[n] = 1 - np.exp(logp[n]) * len(dx[n])",
    ),
    edit(
        "cache consumed by backward",
        "the cached output is turned into probabilities, so a second backward is wrong",
        DROW,
        f"{DROW}\n        logp[n] = np.exp(logp[n])",
    ),
    edit(
        "result always float64",
        "float32 inputs give float64 outputs",
        "logp = np.zeros(rows.shape, x.dtype)",
        "logp = np.zeros(rows.shape, np.result_type(x, np.float64))",
        KEPT,
        "(logp.astype(x.dtype), axis, x.shape)",
    ),
    edit(
        "accumulated in float16",
        "exponentials are added up in half precision",
        LOGP,
        "half = None if x.dtype.kind == 'c' else np.float16\n"
        "        logp[n] = shifted - np.log(np.sum(np.exp(shifted), dtype=half))",
    ),
)

operator = Operator(
    name="log_softmax",
    source="torch.log_softmax",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    differentiable=("x",),
    regimes=_softmax.REGIMES,
    laws=(
        *_softmax.LAWS,
        Law(
            "normalisation",
            "exp of a row sums to one",
            sums_to_one,
            applies=lambda case: 0 not in case.attributes["shape"],
        ),
    ),
    mistakes=MISTAKES,
    corners=_softmax.CORNERS,
    workloads=(
        Workload("words of a vocabulary", {"shape": (128, 1000), "axis": -1}),
        Workload("classes of a map", {"shape": (8, 21, 96, 96), "axis": 1}),
    ),
)
