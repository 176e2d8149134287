"""lstm_step: strategy over sizes, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from properties.case import Attributes, Case
from properties.mistakes import edit
from properties.operator import Arrays, Law, Operator, Pairs, Workload
from properties.operators._lstm import (
    BACKWARD_MISTAKES,
    FORWARD_MISTAKES,
    torch_parameters,
    with_biases,
)
from properties.operators._recurrent import (
    REGIMES,
    STEP_CORNERS,
    called,
    sizes,
    step_attributes,
    step_inputs,
)
from properties.values import Values


def inputs(at: Attributes, values: Values) -> Arrays:
    return step_inputs(at, values, ("prev_h", "prev_c"), gates=4)


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch

    cell = torch.nn.LSTMCell(*sizes(tensors))
    arguments = tensors["x"], (tensors["prev_h"], tensors["prev_c"])
    next_h, next_c = called(cell, torch_parameters(tensors), arguments)
    return {"next_h": next_h, "next_c": next_c}


def row_independent(run: Any, case: Case, inputs: Arrays) -> Pairs:
    first = {name: inputs[name][:1].copy() for name in ("x", "prev_h", "prev_c")}
    alone, together = run(inputs | first), run(inputs)
    for name in ("next_h", "next_c"):
        yield f"{name}[:1]", alone[name], together[name][:1]


def one_product(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """The state is one more input: both side by side, with both weights below each other."""
    joined = {
        "x": np.concatenate([inputs["x"], inputs["prev_h"]], axis=1),
        "Wx": np.concatenate([inputs["Wx"], inputs["Wh"]]),
        "prev_h": np.zeros_like(inputs["prev_h"]),
    }
    yield "next_h", run(inputs | joined)["next_h"], run(inputs)["next_h"]


def cell_kept(run: Any, case: Case, inputs: Arrays) -> Pairs:
    kept = run(with_biases(inputs, i=-100.0, f=100.0, o=100.0))
    yield "next_c", kept["next_c"], inputs["prev_c"]
    yield "next_h", kept["next_h"], np.tanh(inputs["prev_c"])


GATES = "np.split(_product(x[n], Wx) + _product(prev_h[n], Wh) + b, 4)"
NEXT_C = "next_c[n] = f * prev_c[n] + i * g"
NEXT_H = "next_h[n] = o * np.tanh(next_c[n])"
KEPT = "return next_h, next_c, (*(array.copy() for array in arrays), gates)"
KEEP = KEPT.replace("return next_h, next_c,", "kept =")
DC = "dc = dnext_c[n] + dnext_h[n] * o * (1 - tanh_c**2)"
DA_F = "da_f = dc * prev_c[n]"
DPREV_H = "dprev_h[n] = _product(da, Wh.T)"
DPREV_C = "dprev_c[n] = dc * f"
DWX = "dWx += np.outer(x[n], da)"
DWH = "dWh += np.outer(prev_h[n], da)"
RETURN = "return dx, dprev_h, dprev_c, dWx, dWh, db"

MISTAKES = (
    *FORWARD_MISTAKES,
    edit(
        "state not used",
        "the gates depend on x alone",
        GATES,
        GATES.replace(" + _product(prev_h[n], Wh)", ""),
    ),
    edit("previous cell not used", "next_c is i g", NEXT_C, "next_c[n] = i * g"),
    edit(
        "previous state for the previous cell",
        "prev_h stands where prev_c belongs",
        NEXT_C,
        NEXT_C.replace("prev_c", "prev_h"),
    ),
    edit(
        "tanh of the cell missing", "next_h is o times next_c", NEXT_H, "next_h[n] = o * next_c[n]"
    ),
    edit(
        "output of the previous cell",
        "next_h is o tanh(prev_c)",
        NEXT_H,
        NEXT_H.replace("next_c", "prev_c"),
    ),
    edit(
        "tanh kept in the cell",
        "next_c is the tanh that next_h is made of",
        NEXT_C,
        "next_c[n] = np.tanh(f * prev_c[n] + i * g)",
        NEXT_H,
        "next_h[n] = o * next_c[n]",
    ),
    edit(
        "h and c exchanged",
        "next_c comes where next_h is expected",
        KEPT,
        KEPT.replace("next_h, next_c", "next_c, next_h"),
    ),
    *BACKWARD_MISTAKES,
    edit(
        "dnext_c ignored",
        "the gradient that comes with the next cell is dropped",
        DC,
        DC.replace("dnext_c[n] + ", ""),
    ),
    edit(
        "dnext_h does not reach the cell",
        "the cell has the gradient dnext_c alone",
        DC,
        "dc = dnext_c[n]",
    ),
    edit(
        "dnext_c through the tanh",
        "the gradients of h and c are added up before the slope of the cell's tanh",
        DC,
        "dc = (dnext_c[n] + dnext_h[n] * o) * (1 - tanh_c**2)",
    ),
    edit(
        "slope at the previous cell",
        "tanh(prev_c) stands in the gradients where tanh(next_c) belongs",
        "tanh_c = np.tanh(next_c[n])",
        "tanh_c = np.tanh(prev_c[n])",
    ),
    edit(
        "da_f with the next cell",
        "next_c stands in the gradient of the forget gate where prev_c belongs",
        DA_F,
        "da_f = dc * next_c[n]",
    ),
    edit("dprev_h not passed on", "no gradient reaches the previous state", DPREV_H, "pass"),
    edit("dprev_c not passed on", "no gradient reaches the previous cell", DPREV_C, "pass"),
    edit(
        "dprev_c is dnext_c",
        "the previous cell lacks what comes through next_h",
        DPREV_C,
        "dprev_c[n] = dnext_c[n] * f",
    ),
    edit(
        "dprev_h and dprev_c exchanged",
        "dprev_c comes where dprev_h is expected",
        RETURN,
        "return dx, dprev_c, dprev_h, dWx, dWh, db",
    ),
    edit(
        "dWh with the next state",
        "the new state stands in the gradient of Wh where the previous one belongs",
        DWH,
        "dWh += np.outer(o * tanh_c, da)",
    ),
    edit(
        "dWx of the last sample only",
        "dWx is overwritten by each sample instead of added up",
        DWX,
        "dWx[...] = np.outer(x[n], da)",
    ),
    edit(
        "db keeps an axis",
        "db comes back as (1, 4H) instead of (4H,)",
        RETURN,
        RETURN + "[None]",
    ),
    edit(
        "states changed in place",
        "the new state and cell are written over the caller's",
        KEPT,
        f"{KEEP}\n    prev_h[...], prev_c[...] = next_h, next_c\n    return next_h, next_c, kept",
    ),
    edit(
        "dnext_c changed in place",
        "the share of dnext_h is added to the caller's dnext_c",
        DC,
        "dc = dnext_c[n]\n        dc += dnext_h[n] * o * (1 - tanh_c**2)",
    ),
    edit(
        "dnext_h changed in place",
        "the caller's dnext_h is multiplied by the output gate",
        DPREV_C,
        DPREV_C + "\n        dnext_h[n] *= o",
    ),
    edit(
        "cache consumed by backward",
        "the cached gates are overwritten, so a second backward is wrong",
        DPREV_C,
        DPREV_C + "\n        gates[n] *= 1 - gates[n]",
    ),
    edit(
        "result always float64",
        "float32 inputs give float64 outputs",
        KEPT,
        "next_h = next_h.astype(np.result_type(next_h, np.float64))\n    " + KEPT,
    ),
    edit(
        "rounded to float16",
        "the cell is kept in half precision",
        NEXT_C,
        NEXT_C
        + "\n        if x.dtype.kind != 'c':\n            next_c[n] = next_c[n].astype('f2')",
    ),
)

operator = Operator(
    name="lstm_step",
    source="torch.nn.LSTMCell",
    attributes=step_attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("next_h", "next_c"),
    differentiable=("x", "prev_h", "prev_c", "Wx", "Wh", "b"),
    regimes=REGIMES,
    laws=(
        Law("row independence", "one row alone gives its own state and cell", row_independent),
        Law("one product", "the state is one more part of the input", one_product),
        Law("memory", "a closed input gate and an open forget gate keep the cell", cell_kept),
    ),
    mistakes=MISTAKES,
    corners=STEP_CORNERS,
    workloads=(Workload("course", {"batch": 64, "features": 256, "hidden": 512}),),
)
