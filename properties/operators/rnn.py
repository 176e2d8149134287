"""rnn: strategy over sizes and lengths, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Law, Operator, Pairs, Workload
from properties.operators._recurrent import (
    REGIMES,
    SEQUENCE_CORNERS,
    SEQUENCE_LAWS,
    called,
    packed,
    padded,
    sequence_attributes,
    sequence_inputs,
    sizes,
)
from properties.values import Values


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    """Rested sequences, which start at zero, are drawn only where a promise is of nothing else."""
    rested = draw(domain.choice("rested", (False,)))
    return sequence_attributes(draw, domain) | ({"rested": True} if rested else {})


def inputs(at: Attributes, values: Values) -> Arrays:
    arrays = sequence_inputs(at, values, ("h0",))
    return arrays | ({"h0": 0 * arrays["h0"]} if at.get("rested") else {})


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch

    layer = torch.nn.RNN(*sizes(tensors), batch_first=True)
    parameters = {
        "weight_ih_l0": tensors["Wx"].T,
        "weight_hh_l0": tensors["Wh"].T,
        "bias_ih_l0": tensors["b"],
        "bias_hh_l0": torch.zeros_like(tensors["b"]),
    }
    arguments = packed(tensors), tensors["h0"][None]
    h, _ = called(layer, parameters, arguments)
    return {"h": padded(h, tensors)}


def odd(run: Any, case: Case, inputs: Arrays) -> Pairs:
    negated = {name: -inputs[name] for name in ("x", "h0", "b")}
    yield "h", run(inputs | negated)["h"], -run(inputs)["h"]


A = "a = np.sum(x[n, t] * Wx[:, j]) + np.sum(prev_h * Wh[:, j]) + b[j]"
TANH = "h[n, t, j] = np.tanh(a)"
CHECKED = 'lengths = check_sequence(x, {"h0": h0}, Wx, Wh, {"b": b}, lengths)'
FIRST = "prev_h = h0[n]\n"
STEPS = "for t in range(lengths[n]):"
CARRIED = "            prev_h = h[n, t]\n"
KEPT = "(x.copy(), h0.copy(), Wx.copy(), Wh.copy(), h.copy(), lengths)"
DSTEPS = "for t in reversed(range(lengths[n])):"
DPREV_STATE = "prev_h = h[n, t - 1] if t > 0 else h0[n]"
DNEXT = "dnext_h = dh[n, t] + dprev_h"
DA = "da = dnext_h * (1 - h[n, t] ** 2)"
DX = "dx[n, t] += da[j] * Wx[:, j]"
DPREV = "dprev_h += da[j] * Wh[:, j]"
DWX = "dWx[:, j] += da[j] * x[n, t]"
DWH = "dWh[:, j] += da[j] * prev_h"
DB = "db[j] += da[j]"
DH0 = "dh0[n] = dprev_h"
RETURN = "return dx, dh0, dWx, dWh, db"

MISTAKES = (
    edit(
        "input weights transposed",
        "Wx is read in the memory order of its transpose",
        A,
        A.replace("Wx[:, j]", "Wx.T.reshape(Wx.shape)[:, j]"),
    ),
    edit(
        "state weights transposed",
        "the state is multiplied by the transpose of Wh",
        A,
        A.replace("Wh[:, j]", "Wh[j]"),
    ),
    edit(
        "previous state not used",
        "every step depends on its own x alone",
        A,
        A.replace(" + np.sum(prev_h * Wh[:, j])", ""),
    ),
    edit(
        "state not carried on",
        "every step starts from h0",
        CARRIED,
        "",
    ),
    edit("h0 ignored", "the first state is zero", FIRST, "prev_h = 0 * h0[n]\n"),
    edit(
        "first state for every sequence",
        "all sequences start from the h0 of the first",
        FIRST,
        "prev_h = h0[0]\n",
    ),
    edit(
        "state carried over to the next sequence",
        "a sequence starts from the last state of the one before it",
        FIRST,
        "prev_h = h0[n] if n == 0 else prev_h\n",
    ),
    edit("bias left out", "h is tanh(x Wx + prev_h Wh)", A, A.replace(" + b[j]", "")),
    edit(
        "bias at the first step only",
        "later steps lack the bias",
        A,
        A.replace("b[j]", "(b[j] if t == 0 else 0)"),
    ),
    edit(
        "bias added twice",
        "both products come with the bias",
        A,
        A.replace("b[j]", "2 * b[j]"),
    ),
    edit(
        "tanh not fed back",
        "the sum before the tanh is what the next step starts from",
        f"{TANH}\n{CARRIED}",
        "h[n, t, j] = a\n"
        "            prev_h = h[n, t].copy()\n"
        "            h[n, t] = np.tanh(prev_h)\n",
    ),
    edit(
        "tanh that overflows",
        "tanh is a quotient of exponentials, so large sums give nan",
        TANH,
        "h[n, t, j] = (np.exp(2 * a) - 1) / (np.exp(2 * a) + 1)",
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
        CARRIED,
        CARRIED + "        h[n, lengths[n] :] = prev_h\n",
    ),
    edit(
        "gradient past a sequence's end",
        "dh in the padding reaches the last step of the sequence",
        "dprev_h = np.zeros(len(Wh), x.dtype)\n        for",
        "dprev_h = np.sum(dh[n, lengths[n] :], axis=0)\n        for",
    ),
    edit(
        "truncated through time",
        "a step's gradient reaches its own x, not the steps before",
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
        "first step left out in backward",
        "the gradient stops one step before the beginning",
        DSTEPS,
        "for t in reversed(range(1, lengths[n])):",
    ),
    edit(
        "dh0 is the gradient of the first state",
        "dh0 lacks the last step, through the tanh and Wh",
        DH0,
        "dh0[n] = dnext_h",
    ),
    edit("dh0 missing", "no gradient reaches h0", DH0, "pass"),
    edit(
        "dprev_h through transposed weights",
        "the gradient before the tanh is multiplied by Wh where its transpose is needed",
        DPREV,
        "dprev_h += da[j] * Wh[j]",
    ),
    edit(
        "square missing in the gradient of tanh",
        "the gradient is taken to be 1 - h",
        DA,
        "da = dnext_h * (1 - h[n, t])",
    ),
    edit(
        "gradient of tanh at the step before",
        "the gradient is 1 less the square of the previous state",
        DA,
        "da = dnext_h * (1 - prev_h**2)",
    ),
    edit("gradient of tanh missing", "dh goes past the tanh unchanged", DA, "da = dnext_h"),
    edit(
        "dWh uses the new state",
        "h_t stands in the gradient of Wh where h_(t-1) belongs",
        DWH,
        "dWh[:, j] += da[j] * h[n, t]",
    ),
    edit(
        "dWh lacks h0",
        "the first step counts as if it started from zero",
        DPREV_STATE,
        "prev_h = h[n, t - 1] if t > 0 else 0 * h0[n]",
    ),
    edit(
        "dWh transposed",
        "dWh comes back as its transpose",
        RETURN,
        "return dx, dh0, dWx, dWh.T, db",
    ),
    edit(
        "weight gradients of the first step only",
        "dWx and dWh are overwritten by each step instead of added up",
        DWX,
        "dWx[:, j] = da[j] * x[n, t] + dWx[:, j] * (t == lengths[n] - 1)",
        DWH,
        "dWh[:, j] = da[j] * prev_h + dWh[:, j] * (t == lengths[n] - 1)",
    ),
    edit(
        "weight gradients averaged over time",
        "dWx and dWh are divided by the number of steps",
        DWX,
        DWX + " / x.shape[1]",
        DWH,
        DWH + " / x.shape[1]",
    ),
    edit("db averaged over the batch", "db is divided by N", DB, DB + " / len(x)"),
    edit(
        "db of the last sequence only",
        "db is overwritten by each sequence instead of added up",
        DB,
        "db[j] = da[j] + db[j] * (t < lengths[n] - 1)",
    ),
    edit(
        "dx through the wrong weights",
        "dx takes the weights of Wx in the memory order of its transpose",
        DX,
        "dx[n, t] += da[j] * Wx.T.reshape(Wx.shape)[:, j]",
    ),
    edit(
        "dh changed in place",
        "the gradient through time is added to the caller's dh",
        DNEXT,
        "dnext_h = dh[n, t]\n            dnext_h += dprev_h",
    ),
    edit(
        "h0 changed in place",
        "the last state is written over the caller's h0",
        f"return h, {KEPT}",
        f"kept = {KEPT}\n    h0[...] = h[:, -1]\n    return h, kept",
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
        "h = np.zeros((*x.shape[:2], len(Wh)), x.dtype)",
        "h = np.zeros((*x.shape[:2], len(Wh)), np.result_type(x, np.float64))",
    ),
    edit(
        "accumulated in float16",
        "weight gradients are added up in half precision",
        RETURN,
        "return dx, dh0, dWx.astype(np.float16).astype(x.dtype), dWh, db",
    ),
)

operator = Operator(
    name="rnn",
    source="torch.nn.RNN",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("h",),
    differentiable=("x", "h0", "Wx", "Wh", "b"),
    regimes=REGIMES,
    laws=(*SEQUENCE_LAWS, Law("oddness", "x, h0 and b negated negate h", odd)),
    mistakes=MISTAKES,
    corners=SEQUENCE_CORNERS,
    workloads=(
        Workload(
            "captioning",
            {
                "rested": False,
                "batch": 32,
                "features": 128,
                "hidden": 256,
                "time": 16,
                "packed": False,
                "lengths": None,
            },
        ),
        Workload(
            "sequence model",
            {
                "rested": False,
                "batch": 64,
                "features": 64,
                "hidden": 128,
                "time": 32,
                "packed": False,
                "lengths": None,
            },
            judged=False,
        ),
    ),
)
