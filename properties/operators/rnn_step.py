"""rnn_step: strategy over sizes, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from properties.case import Attributes, Case
from properties.mistakes import edit
from properties.operator import Arrays, Law, Operator, Pairs, Workload
from properties.operators._recurrent import (
    REGIMES,
    STEP_CORNERS,
    sizes,
    step_attributes,
    step_inputs,
)
from properties.values import Values


def inputs(at: Attributes, values: Values) -> Arrays:
    return step_inputs(at, values, ("prev_h",))


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch

    cell = torch.nn.RNNCell(*sizes(tensors))
    parameters = {
        "weight_ih": tensors["Wx"].T,
        "weight_hh": tensors["Wh"].T,
        "bias_ih": tensors["b"],
        "bias_hh": torch.zeros_like(tensors["b"]),
    }
    arguments = tensors["x"], tensors["prev_h"]
    return {"next_h": torch.func.functional_call(cell, parameters, arguments)}


def row_independent(run: Any, case: Case, inputs: Arrays) -> Pairs:
    first = {name: inputs[name][:1].copy() for name in ("x", "prev_h")}
    yield "next_h[:1]", run(inputs | first)["next_h"], run(inputs)["next_h"][:1]


def odd(run: Any, case: Case, inputs: Arrays) -> Pairs:
    negated = {name: -inputs[name] for name in ("x", "prev_h", "b")}
    yield "next_h", run(inputs | negated)["next_h"], -run(inputs)["next_h"]


def one_product(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """The state is one more input: both side by side, with both weights below each other."""
    joined = {
        "x": np.concatenate([inputs["x"], inputs["prev_h"]], axis=1),
        "Wx": np.concatenate([inputs["Wx"], inputs["Wh"]]),
        "prev_h": np.zeros_like(inputs["prev_h"]),
    }
    yield "next_h", run(inputs | joined)["next_h"], run(inputs)["next_h"]


A = "a = np.sum(x[n] * Wx[:, j]) + np.sum(prev_h[n] * Wh[:, j]) + b[j]"
TANH = "next_h[n, j] = np.tanh(a)"
KEPT = "(x.copy(), prev_h.copy(), Wx.copy(), Wh.copy(), next_h.copy())"
DA = "da = dnext_h[n, j] * (1 - next_h[n, j] ** 2)"
DX = "dx[n] += da * Wx[:, j]"
DPREV = "dprev_h[n] += da * Wh[:, j]"
DWX = "dWx[:, j] += da * x[n]"
DWH = "dWh[:, j] += da * prev_h[n]"
DB = "db[j] += da"
RETURN = "return dx, dprev_h, dWx, dWh, db"

MISTAKES = (
    edit(
        "input weights transposed",
        "Wx is read in the memory order of its transpose",
        A,
        A.replace("Wx[:, j]", "Wx.T.reshape(Wx.shape)[:, j]"),
    ),
    edit(
        "state weights transposed",
        "prev_h is multiplied by the transpose of Wh",
        A,
        A.replace("Wh[:, j]", "Wh[j]"),
    ),
    edit(
        "state not used",
        "next_h depends on x alone",
        A,
        "a = np.sum(x[n] * Wx[:, j]) + b[j]",
    ),
    edit(
        "state added without its weights",
        "prev_h is added to x Wx + b as it is",
        A,
        A.replace("np.sum(prev_h[n] * Wh[:, j])", "prev_h[n, j]"),
    ),
    edit("bias left out", "next_h is tanh(x Wx + prev_h Wh)", A, A.replace(" + b[j]", "")),
    edit(
        "bias added twice",
        "both products come with the bias",
        A,
        A.replace("b[j]", "2 * b[j]"),
    ),
    edit("no tanh", "next_h is the sum that tanh is taken of", TANH, "next_h[n, j] = a"),
    edit(
        "sigmoid instead of tanh",
        "next_h lies between 0 and 1",
        TANH,
        "next_h[n, j] = 1 / (1 + np.exp(-a))",
    ),
    edit(
        "tanh that overflows",
        "tanh is a quotient of exponentials, so large sums give nan",
        TANH,
        "next_h[n, j] = (np.exp(2 * a) - 1) / (np.exp(2 * a) + 1)",
    ),
    edit(
        "square missing in the gradient of tanh",
        "the gradient is taken to be 1 - next_h",
        DA,
        "da = dnext_h[n, j] * (1 - next_h[n, j])",
    ),
    edit(
        "gradient of sigmoid instead of tanh",
        "the gradient is taken to be next_h (1 - next_h)",
        DA,
        "da = dnext_h[n, j] * next_h[n, j] * (1 - next_h[n, j])",
    ),
    edit(
        "gradient of tanh missing",
        "dnext_h goes past the tanh unchanged",
        DA,
        "da = dnext_h[n, j]",
    ),
    edit(
        "gradient of tanh at tanh",
        "tanh is applied once more before its gradient is taken",
        DA,
        "da = dnext_h[n, j] * (1 - np.tanh(next_h[n, j]) ** 2)",
    ),
    edit(
        "dnext_h ignored",
        "the upstream gradient is taken to be one",
        DA,
        "da = 1 - next_h[n, j] ** 2",
    ),
    edit(
        "dprev_h not passed on",
        "no gradient reaches the previous state",
        DPREV,
        "pass",
    ),
    edit(
        "dprev_h through transposed weights",
        "the gradient before the tanh is multiplied by Wh where its transpose is needed",
        DPREV,
        "dprev_h[n] += da * Wh[j]",
    ),
    edit(
        "dx of the last unit only",
        "dx is overwritten for each hidden unit instead of added up",
        DX,
        DX.replace("+=", "="),
    ),
    edit(
        "dWh uses next_h",
        "the new state stands in the gradient of the weights, not the previous one",
        DWH,
        "dWh[:, j] += da * next_h[n]",
    ),
    edit(
        "dWh transposed",
        "dWh comes back as its transpose",
        RETURN,
        "return dx, dprev_h, dWx, dWh.T, db",
    ),
    edit(
        "dWx of the last sample only",
        "dWx is overwritten by each sample instead of added up",
        DWX,
        DWX.replace("+=", "="),
    ),
    edit(
        "weight gradients averaged over the batch",
        "dWx and dWh are divided by the number of samples",
        DWX,
        DWX + " / len(x)",
        DWH,
        DWH + " / len(x)",
    ),
    edit("db averaged over the batch", "db is divided by N", DB, DB + " / len(x)"),
    edit(
        "db keeps an axis",
        "db comes back as (1, H) instead of (H,)",
        RETURN,
        "return dx, dprev_h, dWx, dWh, db[None]",
    ),
    edit(
        "state changed in place",
        "the new state is written over the caller's prev_h",
        f"return next_h, {KEPT}",
        f"kept = {KEPT}\n    prev_h[...] = next_h\n    return next_h, kept",
    ),
    edit(
        "dnext_h changed in place",
        "the gradient before the tanh is written over the caller's dnext_h",
        DA,
        DA + "\n        dnext_h[n, j] = da",
    ),
    edit(
        "cache consumed by backward",
        "the cached state is overwritten by its gradient, so a second backward is wrong",
        RETURN,
        "prev_h[...] = dprev_h\n    " + RETURN,
    ),
    edit(
        "result always float64",
        "float32 inputs give float64 outputs",
        "next_h = np.zeros(prev_h.shape, x.dtype)",
        "next_h = np.zeros(prev_h.shape, np.result_type(x, np.float64))",
    ),
    edit(
        "accumulated in float16",
        "x Wx is added up in half precision",
        A,
        A.replace("Wx[:, j])", "Wx[:, j], dtype=None if x.dtype.kind == 'c' else np.float16)"),
    ),
)

operator = Operator(
    name="rnn_step",
    source="torch.nn.RNNCell",
    attributes=step_attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("next_h",),
    differentiable=("x", "prev_h", "Wx", "Wh", "b"),
    regimes=REGIMES,
    laws=(
        Law("row independence", "one row alone gives its own state", row_independent),
        Law("oddness", "x, prev_h and b negated negate next_h", odd),
        Law("one product", "the state is one more part of the input", one_product),
    ),
    mistakes=MISTAKES,
    corners=STEP_CORNERS,
    workloads=(Workload("course", {"batch": 64, "features": 256, "hidden": 512}),),
)
