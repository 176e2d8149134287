"""lstm: strategy over sizes, lengths and first cells, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs, Workload
from properties.operators._lstm import (
    BACKWARD_MISTAKES,
    FORWARD_MISTAKES,
    torch_parameters,
    with_biases,
)
from properties.operators._recurrent import (
    PADDING,
    REGIMES,
    SEQUENCE_CORNERS,
    called,
    packed,
    padded,
    ragged,
    sequence_attributes,
    sequence_inputs,
    sizes,
)
from properties.values import Values


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    drawn = sequence_attributes(draw, domain)
    return drawn | {"initial_cell": draw(domain.boolean("initial_cell"))}


def inputs(at: Attributes, values: Values) -> Arrays:
    states = ("h0", "c0") if at["initial_cell"] else ("h0",)
    return sequence_inputs(at, values, states, gates=4)


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch

    layer = torch.nn.LSTM(*sizes(tensors), batch_first=True)
    h0 = tensors["h0"][None]
    c0 = tensors["c0"][None] if at["initial_cell"] else torch.zeros_like(h0)
    arguments = packed(tensors), (h0, c0)
    parameters = torch_parameters(tensors, "_l0")
    h, (_, c_n) = called(layer, parameters, arguments)
    return {"h": padded(h, tensors), "c_n": c_n[0]}


def row_independent(run: Any, case: Case, inputs: Arrays) -> Pairs:
    names = ("x", "h0", "c0", "lengths")
    first = {name: inputs[name][:1].copy() for name in names if name in inputs}
    yield "h[:1]", run(inputs | first)["h"], run(inputs)["h"][:1]


def continued(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Two halves, one after the other, are the whole. A promise may leave out c_n."""
    middle = case.attributes["time"] // 2
    whole, first = run(inputs), run(inputs | {"x": inputs["x"][:, :middle].copy()})
    if "c_n" in first:
        rest = {"x": inputs["x"][:, middle:].copy(), "h0": first["h"][:, -1].copy()}
        second = run(inputs | rest | {"c0": first["c_n"]})
        yield "h", np.concatenate([first["h"], second["h"]], axis=1), whole["h"]
        yield "c_n", second["c_n"], whole["c_n"]


def cell_kept(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """With closed input and open forget and output gates, h is the tanh of c0 until the end."""
    h = run(with_biases(inputs, i=-100.0, f=100.0, o=100.0))["h"]
    lengths = inputs.get("lengths", np.full(len(h), h.shape[1]))
    lasts = np.where(np.arange(h.shape[1])[:, None] < lengths[:, None, None], 1.0, 0.0)
    c0 = inputs.get("c0", np.zeros_like(inputs["h0"]))
    yield "h", h, lasts * np.tanh(c0)[:, None]


CHECKED = 'lengths = check_sequence(x, states, Wx, Wh, {"b": b}, lengths, gates=4)'
FIRST = "prev_h, prev_c = h0[n], first_c[n]"
FIRST_C = "first_c = np.zeros_like(h0) if c0 is None else c0.copy()"
STEPS = "for t in range(lengths[n]):"
A = "a = _product(x[n, t], Wx) + _product(prev_h, Wh) + b"
C = "c[n, t] = f * prev_c + i * g"
H = "h[n, t] = o * np.tanh(c[n, t])"
CARRIED = "prev_h, prev_c = h[n, t], c[n, t]\n"
C_N = "c_n[n] = prev_c"
KEPT = "return h, c_n, (*arrays, gates, lengths, c0 is not None)"
DSTATES = "dprev_h, dprev_c = np.zeros(len(Wh), x.dtype), dc_n[n]"
DSTEPS = "for t in reversed(range(lengths[n])):"
PREV_H = "prev_h = h[n, t - 1] if t > 0 else h0[n]"
PREV_C = "prev_c = c[n, t - 1] if t > 0 else first_c[n]"
DNEXT = "dnext_h = dh[n, t] + dprev_h"
DC = "dc = dprev_c + dnext_h * o * (1 - tanh_c**2)"
DX = "dx[n, t] = _product(da, Wx.T)"
DWX = "dWx += np.outer(x[n, t], da)"
DWH = "dWh += np.outer(prev_h, da)"
DH0 = "dh0[n] = dprev_h"
DC0 = "dc0[n] = dprev_c"
RETURN = "return dx, dh0, dWx, dWh, db, dc0 if given else None"

MISTAKES = (
    *FORWARD_MISTAKES,
    edit(
        "previous state not used",
        "the gates of every step depend on its own x alone",
        A,
        "a = _product(x[n, t], Wx) + b",
    ),
    edit("previous cell not used", "every cell is i g", C, "c[n, t] = i * g"),
    edit("tanh of the cell missing", "h is o times the cell", H, "h[n, t] = o * c[n, t]"),
    edit("output of the previous cell", "h is o tanh(prev_c)", H, "h[n, t] = o * np.tanh(prev_c)"),
    edit(
        "tanh kept in the cell",
        "the cell that is carried on is the tanh that h is made of",
        C,
        "c[n, t] = np.tanh(f * prev_c + i * g)",
        H,
        "h[n, t] = o * c[n, t]",
    ),
    edit("state not carried on", "every step has h0 as its state", CARRIED, "prev_c = c[n, t]\n"),
    edit("cell not carried on", "every step starts from c0", CARRIED, "prev_h = h[n, t]\n"),
    edit(
        "states not carried on",
        "every step starts from h0 and c0",
        CARRIED,
        "pass\n",
        C_N,
        "c_n[n] = c[n, lengths[n] - 1]",
    ),
    edit("h0 ignored", "the first state is zero", FIRST, FIRST.replace("h0[n]", "0 * h0[n]")),
    edit("c0 ignored", "the first cell is zero", FIRST_C, "first_c = np.zeros_like(h0)"),
    edit("c0 is h0", "the first cell is the first state", FIRST_C, "first_c = h0.copy()"),
    edit(
        "h0 and c0 exchanged",
        "the first state is taken for the first cell, and the other way round",
        FIRST,
        "prev_h, prev_c = first_c[n], h0[n]",
    ),
    edit(
        "states carried over to the next sequence",
        "a sequence starts from the last state and cell of the one before it",
        FIRST,
        "prev_h, prev_c = (h0[n], first_c[n]) if n == 0 else (prev_h, prev_c)",
    ),
    edit(
        "batch and time axes confused",
        "x is read as if time were its first axis",
        A,
        A.replace("x[n, t]", "x.reshape(x.shape[1], x.shape[0], -1)[t, n]"),
    ),
    edit(
        "last step left out",
        "the state after the last step stays zero",
        STEPS,
        "for t in range(lengths[n] - 1):",
    ),
    edit(
        "sequence read backwards",
        "the first state is that of the last step",
        STEPS,
        "for t in reversed(range(lengths[n])):",
    ),
    edit(
        "lengths ignored",
        "the steps after a sequence's end count like all others",
        CHECKED,
        CHECKED + "\n    lengths = np.full(len(x), x.shape[1])",
    ),
    edit(
        "lengths in the wrong order",
        "sequences take the lengths as sorted, longest first",
        CHECKED,
        CHECKED + "\n    lengths = np.sort(lengths)[::-1]",
    ),
    edit(
        "state carried past a sequence's end",
        "the last state is repeated in the padding, where zeros belong",
        C_N,
        C_N + "\n        h[n, lengths[n] :] = prev_h",
    ),
    edit(
        "c_n of the last step",
        "c_n is the cell at the last step, also where a sequence ends before",
        C_N,
        "c_n[n] = c[n, -1]",
    ),
    edit("c_n is the last state", "the last h is returned for c_n", C_N, "c_n[n] = prev_h"),
    edit("c_n of the first step", "c_n is the cell after one step", C_N, "c_n[n] = c[n, 0]"),
    *BACKWARD_MISTAKES,
    edit(
        "cell gradient of the last step dropped",
        "dc_n is not used: the gradient of the last cell starts from zero",
        DSTATES,
        DSTATES.replace("dc_n[n]", "0 * dc_n[n]"),
    ),
    edit(
        "dc_n at every step",
        "the gradient of the last cell is added to all of them",
        DC,
        DC.replace("dprev_c", "dprev_c + (dc_n[n] if t < lengths[n] - 1 else 0)"),
    ),
    edit(
        "dc_n at the last step",
        "dc_n is lost where a sequence ends before the others",
        DSTATES,
        DSTATES + " * (lengths[n] == x.shape[1])",
    ),
    edit(
        "cell gradient not carried back",
        "a cell has the gradient that comes through its own h, and none from the step after",
        DC,
        "dc = (dprev_c if t == lengths[n] - 1 else 0) + dnext_h * o * (1 - tanh_c**2)",
    ),
    edit(
        "dh does not reach the cell",
        "the cell has the gradient of the step after alone",
        DC,
        "dc = dprev_c + 0 * dnext_h",
    ),
    edit(
        "cell gradient through the tanh",
        "what comes from the step after goes through the slope of tanh as well",
        DC,
        "dc = (dprev_c + dnext_h * o) * (1 - tanh_c**2)",
    ),
    edit(
        "slope at the previous cell",
        "the tanh of the previous cell stands in the gradients",
        "tanh_c = np.tanh(c[n, t])",
        "tanh_c = np.tanh(prev_c)",
    ),
    edit(
        "da_f with the new cell",
        "the new cell stands in the gradient of the forget gate where the previous one belongs",
        PREV_C,
        "prev_c = c[n, t]",
    ),
    edit(
        "truncated through time",
        "a step's gradient reaches its own x, not the steps before",
        DNEXT,
        "dnext_h, dprev_c = dh[n, t], dprev_c * (t == lengths[n] - 1)",
    ),
    edit(
        "dprev_h not added",
        "gradients go back through the cells, not through the states",
        DNEXT,
        "dnext_h = dh[n, t]",
    ),
    edit(
        "only the last step's dh used",
        "the gradients of the states in between are dropped",
        DNEXT,
        "dnext_h = dprev_h + (dh[n, t] if t == lengths[n] - 1 else 0)",
    ),
    edit(
        "last step's dh dropped",
        "the gradient of the last state is left out",
        DNEXT,
        "dnext_h = dprev_h + (dh[n, t] if t < lengths[n] - 1 else 0)",
    ),
    edit(
        "dh of the step before",
        "each state is given the upstream gradient of another step",
        DNEXT,
        "dnext_h = dh[n, t - 1] + dprev_h",
    ),
    edit(
        "gradient past a sequence's end",
        "dh in the padding reaches the last step of the sequence",
        DSTATES,
        DSTATES.replace("np.zeros(len(Wh), x.dtype)", "np.sum(dh[n, lengths[n] :], axis=0)"),
    ),
    edit(
        "first step left out in backward",
        "the gradient stops one step before the beginning",
        DSTEPS,
        "for t in reversed(range(1, lengths[n])):",
    ),
    edit("dh0 missing", "no gradient reaches h0", DH0, "pass"),
    edit("dc0 missing", "no gradient reaches c0", DC0, "pass"),
    edit(
        "dc0 without the forget gate", "dc0 is the gradient of the first cell", DC0, "dc0[n] = dc"
    ),
    edit(
        "dWh uses the new state",
        "h_t stands in the gradient of Wh where h_(t-1) belongs",
        DWH,
        "dWh += np.outer(h[n, t], da)",
    ),
    edit(
        "dWh lacks h0",
        "the first step counts as if it started from zero",
        PREV_H,
        "prev_h = h[n, t - 1] if t > 0 else 0 * h0[n]",
    ),
    edit(
        "first cell missing in da_f",
        "the first step counts as if its cell started from zero",
        PREV_C,
        "prev_c = c[n, t - 1] if t > 0 else 0 * first_c[n]",
    ),
    edit(
        "weight gradients of the first step only",
        "dWx and dWh are overwritten by each step instead of added up",
        DWX,
        "dWx = np.outer(x[n, t], da) + dWx * (t == lengths[n] - 1)",
        DWH,
        "dWh = np.outer(prev_h, da) + dWh * (t == lengths[n] - 1)",
    ),
    edit(
        "weight gradients averaged over time",
        "dWx and dWh are divided by the number of steps",
        DWX,
        "dWx += 1 / x.shape[1] * np.outer(x[n, t], da)",
        DWH,
        "dWh += 1 / x.shape[1] * np.outer(prev_h, da)",
    ),
    edit(
        "dx of the first step only",
        "the gradients of the later inputs stay zero",
        DX,
        "dx[n, 0] = _product(da, Wx.T)",
    ),
    edit(
        "dh changed in place",
        "the gradient through time is added to the caller's dh",
        DNEXT,
        "dnext_h = dh[n, t]\n            dnext_h += dprev_h",
    ),
    edit(
        "dc_n changed in place",
        "the gradient of the cells is written over the caller's dc_n",
        DC0,
        DC0 + "\n        dc_n[n] = dprev_c",
    ),
    edit(
        "h0 changed in place",
        "the last state is written over the caller's h0",
        KEPT,
        f"{KEPT.replace('return h, c_n,', 'kept =')}\n    h0[...] = h[:, -1]\n"
        "    return h, c_n, kept",
    ),
    edit(
        "c0 changed in place",
        "the cells are added up in the caller's c0",
        FIRST_C,
        FIRST_C.replace("c0.copy()", "c0"),
        CARRIED,
        CARRIED + "            first_c[n] = prev_c\n",
    ),
    edit(
        "cache consumed by backward",
        "the cached gates are overwritten, so a second backward is wrong",
        DX,
        DX + "\n            gates[n, t] *= 1 - gates[n, t]",
    ),
    edit(
        "result always float64",
        "float32 inputs give float64 outputs",
        KEPT,
        "h = h.astype(np.result_type(h, np.float64))\n    " + KEPT,
    ),
    edit(
        "accumulated in float16",
        "weight gradients are added up in half precision",
        RETURN,
        RETURN.replace("dWx", "dWx.astype(np.float16).astype(x.dtype)"),
    ),
)

CORNERS: Corners = {
    **SEQUENCE_CORNERS,
    "first cell given": lambda case: case.attributes["initial_cell"],
    "first cell given, different lengths": lambda case: (
        case.attributes["initial_cell"] and ragged(case)
    ),
}

operator = Operator(
    name="lstm",
    source="torch.nn.LSTM",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("h", "c_n"),
    differentiable=("x", "h0", "Wx", "Wh", "b", "c0"),
    regimes=REGIMES,
    laws=(
        Law("row independence", "one sequence alone gives its own states", row_independent),
        Law(
            "continuation",
            "two halves, the second from the state and cell the first left, are the whole",
            continued,
            applies=lambda case: (
                case.attributes["initial_cell"]
                and not case.attributes["packed"]
                and case.attributes["time"] > 1
            ),
        ),
        Law("memory", "a closed input gate and an open forget gate keep the cell", cell_kept),
        PADDING,
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(
        Workload(
            "captioning",
            {
                "batch": 32,
                "features": 128,
                "hidden": 256,
                "time": 16,
                "packed": False,
                "lengths": None,
                "initial_cell": False,
            },
        ),
        Workload(
            "sequence model",
            {
                "batch": 64,
                "features": 64,
                "hidden": 128,
                "time": 32,
                "packed": False,
                "lengths": None,
                "initial_cell": False,
            },
            judged=False,
        ),
    ),
)
