"""bidirectional_rnn: strategy over sizes and lengths, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from properties.case import Attributes, Case
from properties.mistakes import edit
from properties.operator import Arrays, Law, Operator, Pairs, Workload
from properties.operators._recurrent import (
    PADDING,
    REGIMES,
    SEQUENCE_CORNERS,
    called,
    packed,
    packed_lengths,
    padded,
    sequence_attributes,
    sizes,
    weights,
)
from properties.values import Values

PARAMETERS = ("h0", "Wx", "Wh", "b")  # each of the forward direction, then of the backward one


def inputs(at: Attributes, values: Values) -> Arrays:
    N, T, D, H = (at[name] for name in ("batch", "time", "features", "hidden"))
    return {
        "x": values.array("x", (N, T, D)),
        "h0": values.tame("h0", (2, N, H)),
        "Wx": weights(values, "Wx", (2, D, H)),
        "Wh": weights(values, "Wh", (2, H, H)),
        "b": values.tame("b", (2, H)) / 4,
        **packed_lengths(at),
    }


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch

    layer = torch.nn.RNN(*sizes(tensors), batch_first=True, bidirectional=True)
    parameters = {}
    for d, direction in enumerate(("l0", "l0_reverse")):
        parameters[f"weight_ih_{direction}"] = tensors["Wx"][d].T
        parameters[f"weight_hh_{direction}"] = tensors["Wh"][d].T
        parameters[f"bias_ih_{direction}"] = tensors["b"][d]
        parameters[f"bias_hh_{direction}"] = torch.zeros_like(tensors["b"][d])
    arguments = packed(tensors), tensors["h0"]
    h, _ = called(layer, parameters, arguments)
    return {"h": padded(h, tensors)}


def turned(sequences: np.ndarray, inputs: Arrays) -> np.ndarray:
    """Every sequence (T, ...) with its steps in reverse order, and its padding where it was."""
    T = inputs["x"].shape[1]
    result = sequences.copy()
    for n, sequence in enumerate(sequences):
        length = inputs["lengths"][n] if "lengths" in inputs else T
        result[n, :length] = sequence[:length][::-1]
    return result


def time_reversal(run: Any, case: Case, inputs: Arrays) -> Pairs:
    swapped = {name: inputs[name][::-1].copy() for name in PARAMETERS}
    h = run(inputs | swapped | {"x": turned(inputs["x"], inputs)})["h"]
    yield "h", h, np.roll(turned(run(inputs)["h"], inputs), case.attributes["hidden"], axis=2)


def directions_apart(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Each half of h belongs to one direction, whatever the parameters of the other."""
    H, h = case.attributes["hidden"], run(inputs)["h"]
    ahead = {name: inputs[name][[0, 0]] for name in PARAMETERS}
    back = {name: inputs[name][[1, 1]] for name in PARAMETERS}
    yield "the forward half of h", run(inputs | ahead)["h"][:, :, :H], h[:, :, :H]
    yield "the backward half of h", run(inputs | back)["h"][:, :, H:], h[:, :, H:]


def row_independent(run: Any, case: Case, inputs: Arrays) -> Pairs:
    first: Arrays = {n: inputs[n][:1].copy() for n in ("x", "lengths") if n in inputs}
    first["h0"] = inputs["h0"][:, :1].copy()
    yield "h[:1]", run(inputs | first)["h"], run(inputs)["h"][:1]


A = "a = np.sum(x[n, t] * Wx[d, :, j]) + np.sum(prev_h * Wh[d, :, j]) + b[d, j]"
CHECKED = 'lengths = check_sequence(x, {"h0": h0}, Wx, Wh, {"b": b}, lengths, lead=(2,))'
FIRST = "prev_h = h0[d, n]\n"
CARRIED = "            prev_h = h[d, n, t]\n"
STEPS = "for t in _steps(d, lengths[n]):"
ORDER = "range(length) if d == FORWARD else range(length - 1, -1, -1)"
TANH = "h[d, n, t, j] = np.tanh(a)"
OUT = "out = np.concatenate([h[FORWARD], h[BACKWARD]], axis=2)"
KEPT = "(x.copy(), h0.copy(), Wx.copy(), Wh.copy(), h, lengths)"
HALVES = "halves = dh[:, :, :H], dh[:, :, H:]"
DSTEPS = "steps = _steps(d, lengths[n])"
DNEXT = "dnext_h = halves[d][n, t] + dprev_h"
DPREV_STATE = "prev_h = h[d, n, steps[i - 1]] if i > 0 else h0[d, n]"
DA = "da = dnext_h * (1 - h[d, n, t] ** 2)"
DX = "dx[n, t] += da[j] * Wx[d, :, j]"
DPREV = "dprev_h += da[j] * Wh[d, :, j]"
DWX = "dWx[d, :, j] += da[j] * x[n, t]"
DWH = "dWh[d, :, j] += da[j] * prev_h"
DB = "db[d, j] += da[j]"
DH0 = "dh0[d, n] = dprev_h"
RETURN = "return dx, dh0, dWx, dWh, db"

MISTAKES = (
    edit(
        "reverse direction not turned back",
        "the backward states stand in the order in which they were computed, last step first",
        OUT,
        "out = np.concatenate([h[FORWARD], h[BACKWARD][:, ::-1]], axis=2)",
    ),
    edit(
        "reverse direction not turned back within its length",
        "the backward states of each sequence stand in the order in which they were computed",
        OUT,
        "for n in range(len(x)):\n"
        "        h[BACKWARD, n, : lengths[n]] = h[BACKWARD, n, : lengths[n]][::-1].copy()\n"
        f"    {OUT}",
    ),
    edit(
        "padding reversed too",
        "the backward direction starts in the padding and reaches the sequence from there",
        STEPS,
        "for t in _steps(d, lengths[n] if d == FORWARD else x.shape[1]):",
        OUT,
        "h[:, np.arange(x.shape[1]) >= lengths[:, None]] = 0\n    " + OUT,
    ),
    edit(
        "both directions from the first step",
        "the backward direction is not one: it starts from the first step as well",
        ORDER,
        "range(length)",
    ),
    edit(
        "directions share weights",
        "the backward direction uses the weights of the forward one",
        A,
        A.replace("[d", "[FORWARD"),
    ),
    edit(
        "directions share h0",
        "the backward direction starts from the state of the forward one",
        FIRST,
        "prev_h = h0[FORWARD, n]\n",
    ),
    edit(
        "backward direction goes on from the forward one",
        "its first state is the last forward state instead of its own h0",
        FIRST,
        "prev_h = h0[d, n] if d == FORWARD else h[FORWARD, n, lengths[n] - 1]\n",
    ),
    edit(
        "directions of h0 interleaved",
        "h0 is read as (N, 2, H)",
        FIRST,
        "prev_h = h0.reshape(len(x), 2, H)[n, d]\n",
    ),
    edit(
        "halves swapped",
        "the backward states come first",
        OUT,
        "out = np.concatenate([h[BACKWARD], h[FORWARD]], axis=2)",
    ),
    edit(
        "halves interleaved",
        "forward and backward states alternate in the last axis",
        OUT,
        "out = np.stack([h[FORWARD], h[BACKWARD]], axis=3).reshape(*x.shape[:2], 2 * H)",
    ),
    edit(
        "directions added",
        "h is (N, T, H), the sum of both directions",
        OUT,
        "out = h[FORWARD] + h[BACKWARD]",
    ),
    edit(
        "directions after one another in time",
        "h is (N, 2T, H)",
        OUT,
        "out = np.concatenate([h[FORWARD], h[BACKWARD]], axis=1)",
    ),
    edit(
        "previous state not used",
        "every step depends on its own x alone",
        A,
        A.replace(" + np.sum(prev_h * Wh[d, :, j])", ""),
    ),
    edit(
        "state weights transposed",
        "the state is multiplied by the transpose of Wh",
        A,
        A.replace("Wh[d, :, j]", "Wh[d, j]"),
    ),
    edit("bias left out", "h is tanh(x Wx + prev_h Wh)", A, A.replace(" + b[d, j]", "")),
    edit(
        "tanh that overflows",
        "tanh is a quotient of exponentials, so large sums give nan",
        TANH,
        "h[d, n, t, j] = (np.exp(2 * a) - 1) / (np.exp(2 * a) + 1)",
    ),
    edit(
        "lengths ignored",
        "the steps after a sequence's end count like all others",
        CHECKED,
        CHECKED + "\n    lengths = np.full(len(x), x.shape[1])",
    ),
    edit(
        "state carried past a sequence's end",
        "the last forward state is repeated in the padding, where zeros belong",
        CARRIED,
        CARRIED + "        if d == FORWARD:\n            h[d, n, lengths[n] :] = prev_h\n",
    ),
    edit(
        "gradient of the halves swapped",
        "the backward direction is given the gradient of the forward states",
        HALVES,
        "halves = dh[:, :, H:], dh[:, :, :H]",
    ),
    edit(
        "gradient of the backward direction dropped",
        "only the forward half of dh is used",
        HALVES,
        "halves = dh[:, :, :H], 0 * dh[:, :, H:]",
    ),
    edit(
        "gradient of the backward direction not turned round",
        "it takes the upstream gradients in the order of the forward one",
        HALVES,
        "halves = dh[:, :, :H], dh[:, ::-1, H:]",
    ),
    edit(
        "dx of the backward direction only",
        "dx is overwritten by the second direction instead of added up",
        "dprev_h = np.zeros(H, x.dtype)\n        steps",
        "dprev_h = np.zeros(H, x.dtype)\n        dx[n] = 0\n        steps",
    ),
    edit(
        "backward through the forward weights",
        "dx of the backward direction goes through the weights of the forward one",
        DX,
        DX.replace("[d", "[FORWARD"),
    ),
    edit(
        "weight gradients of both directions added",
        "dWx of either direction is the sum of the two",
        RETURN,
        "dWx[:] = np.sum(dWx, axis=0)\n    " + RETURN,
    ),
    edit(
        "dWh uses the state of the other neighbour",
        "the backward direction's dWh takes the state at the step before in time",
        DPREV_STATE,
        "prev_h = h[d, n, t - 1] if i > 0 else h0[d, n]",
    ),
    edit(
        "truncated through time",
        "a step's gradient reaches its own x, not the steps before",
        DNEXT,
        "dnext_h = halves[d][n, t]",
    ),
    edit(
        "only the last step's dh used",
        "the gradients of the states in between are dropped",
        DNEXT,
        "dnext_h = dprev_h + (halves[d][n, t] if i == len(steps) - 1 else 0)",
    ),
    edit("dh0 missing", "no gradient reaches h0", DH0, "pass"),
    edit(
        "dh0 is the gradient of the first state",
        "dh0 lacks the last step, through the tanh and Wh",
        DH0,
        "dh0[d, n] = dnext_h",
    ),
    edit(
        "dprev_h through transposed weights",
        "the gradient before the tanh is multiplied by Wh where its transpose is needed",
        DPREV,
        "dprev_h += da[j] * Wh[d, j]",
    ),
    edit(
        "square missing in the gradient of tanh",
        "the gradient is taken to be 1 - h",
        DA,
        "da = dnext_h * (1 - h[d, n, t])",
    ),
    edit(
        "weight gradients averaged over the batch",
        "dWx and dWh are divided by the number of sequences",
        DWX,
        DWX + " / N",
        DWH,
        DWH + " / N",
    ),
    edit("db averaged over the batch", "db is divided by N", DB, DB + " / N"),
    edit(
        "input changed in place",
        "x is left with its steps in reverse order",
        f"return out, {KEPT}",
        f"kept = {KEPT}\n    x[:] = x[:, ::-1].copy()\n    return out, kept",
    ),
    edit(
        "dh changed in place",
        "the gradient through time is added to the caller's dh",
        DNEXT,
        "dnext_h = halves[d][n, t]\n            dnext_h += dprev_h",
    ),
    edit(
        "cache consumed by backward",
        "the cached states are overwritten, so a second backward is wrong",
        RETURN,
        "h *= 0\n    " + RETURN,
    ),
    edit(
        "result always float64",
        "float32 inputs give float64 outputs",
        "h = np.zeros((2, *x.shape[:2], H), x.dtype)",
        "h = np.zeros((2, *x.shape[:2], H), np.result_type(x, np.float64))",
    ),
)

operator = Operator(
    name="bidirectional_rnn",
    source="torch.nn.RNN",
    attributes=sequence_attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("h",),
    differentiable=("x", *PARAMETERS),
    regimes=REGIMES,
    laws=(
        Law("time reversal", "sequences turned round swap the directions", time_reversal),
        Law("direction independence", "each half of h has parameters of its own", directions_apart),
        Law("row independence", "one sequence alone gives its own states", row_independent),
        PADDING,
    ),
    mistakes=MISTAKES,
    corners=SEQUENCE_CORNERS,
    workloads=(
        Workload(
            "encoder",
            {
                "batch": 32,
                "features": 128,
                "hidden": 128,
                "time": 16,
                "packed": False,
                "lengths": None,
            },
        ),
    ),
)
