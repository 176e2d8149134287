"""gru: strategy over sizes and lengths, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from properties.case import Attributes, Case
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


def inputs(at: Attributes, values: Values) -> Arrays:
    arrays = sequence_inputs(at, values, ("h0",), gates=3)
    bx, bh = arrays.pop("b"), values.tame("bh", (3 * at["hidden"],)) / 4
    return arrays | {"bx": bx, "bh": bh}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch

    layer = torch.nn.GRU(*sizes(tensors), batch_first=True)
    parameters = {
        "weight_ih_l0": tensors["Wx"].T,
        "weight_hh_l0": tensors["Wh"].T,
        "bias_ih_l0": tensors["bx"],
        "bias_hh_l0": tensors["bh"],
    }
    arguments = packed(tensors), tensors["h0"][None]
    h, _ = called(layer, parameters, arguments)
    return {"h": padded(h, tensors)}


def with_bias(inputs: Arrays, gate: int, bias: float) -> Arrays:
    """The inputs with another input bias of one gate, which opens or closes it for good."""
    bx = inputs["bx"].copy()
    np.split(bx, 3)[gate][:] = bias
    return inputs | {"bx": bx}


def state_kept(run: Any, case: Case, inputs: Arrays) -> Pairs:
    h = run(with_bias(inputs, 1, 100.0))["h"]
    lengths = inputs.get("lengths", np.full(len(h), h.shape[1]))
    kept = np.where(np.arange(h.shape[1])[:, None] < lengths[:, None, None], 1.0, 0.0)
    yield "h", h, kept * inputs["h0"][:, None]


def reset_forgets(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Without the old state in g, and with no share of it in h, every step stands alone."""
    alone = with_bias(with_bias(inputs, 0, -100.0), 1, -100.0)
    last = alone | {"x": inputs["x"][:, -1:].copy(), "h0": 0 * inputs["h0"]}
    yield "h[:, -1:]", run(alone)["h"][:, -1:], run(last)["h"]


CHECKED = 'lengths = check_sequence(x, {"h0": h0}, Wx, Wh, {"bx": bx, "bh": bh}, lengths, gates=3)'
FIRST = "prev_h = h0[n]\n"
STEPS = "for t in range(lengths[n]):"
AX = "ax_r, ax_z, ax_g = np.split(_product(x[n, t], Wx) + bx, 3)"
AH = "ah_r, ah_z, ah_g = np.split(_product(prev_h, Wh) + bh, 3)"
R = "r = _sigmoid(ax_r + ah_r)"
Z = "z = _sigmoid(ax_z + ah_z)"
G = "g = np.tanh(ax_g + r * ah_g)"
H = "h[n, t] = (1 - z) * g + z * prev_h"
GATES = "gates[n, t] = r, z, g, ah_g"
CARRIED = "            prev_h = h[n, t]\n"
KEPT = "(x.copy(), h0.copy(), Wx.copy(), Wh.copy(), h.copy(), gates, lengths)"
DPREV_STATE = "prev_h = h[n, t - 1] if t > 0 else h0[n]"
DNEXT = "dnext_h = dh[n, t] + dprev_h"
DAG = "da_g = dnext_h * (1 - z) * (1 - g**2)"
DAZ = "da_z = dnext_h * (prev_h - g) * z * (1 - z)"
DAR = "da_r = da_g * ah_g * r * (1 - r)"
DAX = "dax = np.concatenate([da_r, da_z, da_g])"
DAH = "dah = np.concatenate([da_r, da_z, da_g * r])"
DX = "dx[n, t] = _product(dax, Wx.T)"
DPREV = "dprev_h = dnext_h * z + _product(dah, Wh.T)"
DWX = "dWx += np.outer(x[n, t], dax)"
DWH = "dWh += np.outer(prev_h, dah)"
DBX = "dbx += dax"
DBH = "dbh += dah"
DH0 = "dh0[n] = dprev_h"
RETURN = "return dx, dh0, dWx, dWh, dbx, dbh"

MISTAKES = (
    edit(
        "gates in the order z, r, n",
        "the first columns of the weights are taken for the update gate",
        AX,
        AX.replace("ax_r, ax_z", "ax_z, ax_r"),
        AH,
        AH.replace("ah_r, ah_z", "ah_z, ah_r"),
    ),
    edit(
        "gates in the order n, r, z",
        "the first columns of the weights are taken for the new state",
        AX,
        AX.replace("ax_r, ax_z, ax_g", "ax_g, ax_r, ax_z"),
        AH,
        AH.replace("ah_r, ah_z, ah_g", "ah_g, ah_r, ah_z"),
    ),
    edit(
        "gates interleaved",
        "every third column of the weights belongs to a gate",
        AX,
        "ax_r, ax_z, ax_g = (_product(x[n, t], Wx) + bx).reshape(-1, 3).T",
        AH,
        "ah_r, ah_z, ah_g = (_product(prev_h, Wh) + bh).reshape(-1, 3).T",
    ),
    edit(
        "update gate the other way round",
        "z is the share of the new state, 1 - z that of the old",
        H,
        "h[n, t] = z * g + (1 - z) * prev_h",
    ),
    edit(
        "reset before the product",
        "r multiplies the previous state, as in the original paper, not its product with Wh",
        G,
        "ah_g = np.split(_product(r * prev_h, Wh) + bh, 3)[2]\n"
        "            g = np.tanh(ax_g + ah_g)",
    ),
    edit(
        "bias outside the reset",
        "r multiplies the product alone, and bh is added after it",
        G,
        "bh_g = np.split(bh, 3)[2]\n            g = np.tanh(ax_g + r * (ah_g - bh_g) + bh_g)",
    ),
    edit(
        "both biases inside the reset",
        "r multiplies bx as well",
        G,
        "bx_g = np.split(bx, 3)[2]\n            g = np.tanh(ax_g - bx_g + r * (ah_g + bx_g))",
    ),
    edit(
        "reset gate left out",
        "the new state sees all of the old one",
        G,
        "g = np.tanh(ax_g + ah_g)",
    ),
    edit(
        "reset gate the other way round",
        "1 - r multiplies the old state",
        G,
        "g = np.tanh(ax_g + (1 - r) * ah_g)",
    ),
    edit(
        "reset gate on the input",
        "r multiplies what comes from x",
        G,
        "g = np.tanh(r * ax_g + ah_g)",
    ),
    edit(
        "sigmoid and tanh exchanged",
        "gates are taken by tanh, and the new state by the sigmoid",
        R,
        R.replace("_sigmoid", "np.tanh"),
        Z,
        Z.replace("_sigmoid", "np.tanh"),
        G,
        G.replace("np.tanh", "_sigmoid"),
    ),
    edit(
        "no tanh",
        "the new state is the sum that tanh is taken of",
        G,
        "g = ax_g + r * ah_g",
    ),
    edit(
        "overflow in exp",
        "the sigmoid is exp(a) / (1 + exp(a)), so large sums give nan",
        "    positive = 1 / (1 + e)\n    return np.where(a.real > 0, positive, e * positive)",
        "    return np.exp(a) / (1 + np.exp(a))",
    ),
    edit(
        "old state left out",
        "h is (1 - z) g",
        H,
        "h[n, t] = (1 - z) * g",
    ),
    edit(
        "previous state not used by the gates",
        "all gates depend on x alone",
        AH,
        AH.replace("_product(prev_h, Wh)", "0 * _product(prev_h, Wh)"),
    ),
    edit("state not carried on", "every step starts from h0", CARRIED, ""),
    edit("h0 ignored", "the first state is zero", FIRST, "prev_h = 0 * h0[n]\n"),
    edit("bx left out", "there is no bias on the input's side", AX, AX.replace(" + bx", "")),
    edit("bh left out", "there is no bias on the state's side", AH, AH.replace(" + bh", "")),
    edit(
        "lengths ignored",
        "the steps after a sequence's end count like all others",
        CHECKED,
        CHECKED + "\n    lengths = np.full(len(x), x.shape[1])",
    ),
    edit(
        "state carried past a sequence's end",
        "the last state is repeated in the padding, where zeros belong",
        CARRIED,
        CARRIED + "        h[n, lengths[n] :] = prev_h\n",
    ),
    edit(
        "last step left out",
        "the state after the last step stays zero",
        STEPS,
        "for t in range(lengths[n] - 1):",
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
        "gradient past the gates only",
        "what z lets through of the old state has no gradient",
        DPREV,
        "dprev_h = _product(dah, Wh.T)",
    ),
    edit(
        "gradient through the gates cut",
        "the old state gets its share z of dh alone",
        DPREV,
        "dprev_h = dnext_h * z",
    ),
    edit(
        "gradient of the old state by 1 - z",
        "the share of the new state is used for that of the old",
        DPREV,
        DPREV.replace("* z", "* (1 - z)"),
    ),
    edit(
        "reset gate without gradient",
        "r is taken for a constant",
        DAR,
        "da_r = 0 * da_g",
    ),
    edit(
        "gradient of the reset gate without the state",
        "the factor that r multiplies is left out",
        DAR,
        DAR.replace(" * ah_g", ""),
    ),
    edit(
        "gradient of the update gate lacks the new state",
        "z is taken to multiply the old state only",
        DAZ,
        DAZ.replace("(prev_h - g)", "prev_h"),
    ),
    edit(
        "gradient of the update gate negated",
        "z is taken for the share of the new state in backward",
        DAZ,
        DAZ.replace("(prev_h - g)", "(g - prev_h)"),
    ),
    edit(
        "gradient of the sigmoid missing",
        "the gradient of z goes past its sigmoid unchanged",
        DAZ,
        DAZ.replace(" * z * (1 - z)", ""),
    ),
    edit(
        "square missing in the gradient of tanh",
        "the gradient is taken to be 1 - g",
        DAG,
        DAG.replace("g**2", "g"),
    ),
    edit(
        "reset left out of the state's gradient",
        "the gradient that reaches the old state through g is not multiplied by r",
        DAH,
        DAH.replace("da_g * r", "da_g"),
    ),
    edit(
        "reset in the input's gradient",
        "the gradient that reaches x through g is multiplied by r",
        DAX,
        DAX.replace("da_g]", "da_g * r]"),
    ),
    edit(
        "dWh uses the new state",
        "h_t stands in the gradient of Wh where h_(t-1) belongs",
        DWH,
        DWH.replace("prev_h", "h[n, t]"),
    ),
    edit(
        "dWh lacks h0",
        "the first step counts as if it started from zero",
        DWH,
        "dWh += np.outer(prev_h * (t > 0), dah)",
    ),
    edit(
        "weight gradients averaged over the batch",
        "dWx and dWh are divided by the number of sequences",
        DWX,
        DWX + " / len(x)",
        DWH,
        DWH + " / len(x)",
    ),
    edit(
        "dbh equal to dbx",
        "the bias inside the reset gets the gradient of the one outside",
        DBH,
        "dbh += dax",
    ),
    edit("dbx averaged over the batch", "dbx is divided by N", DBX, DBX + " / len(x)"),
    edit("dh0 missing", "no gradient reaches h0", DH0, "pass"),
    edit(
        "dh0 is the gradient of the first state",
        "dh0 lacks the last step, through the gates",
        DH0,
        "dh0[n] = dnext_h",
    ),
    edit(
        "dx through the new state only",
        "dx lacks what reaches x through the reset and update gates",
        DX,
        "dx[n, t] = _product(np.concatenate([0 * da_r, 0 * da_z, da_g]), Wx.T)",
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
        "the cached gates are overwritten, so a second backward is wrong",
        RETURN,
        "gates *= 0\n    " + RETURN,
    ),
    edit(
        "result always float64",
        "float32 inputs give float64 outputs",
        "h = np.zeros((*x.shape[:2], len(Wh)), x.dtype)",
        "h = np.zeros((*x.shape[:2], len(Wh)), np.result_type(x, np.float64))",
    ),
    edit(
        "accumulated in float16",
        "products with the weights are added up in half precision",
        "out[j] = np.sum(v * w[:, j])",
        "out[j] = np.sum(v * w[:, j], dtype=None if out.dtype.kind == 'c' else np.float16)",
    ),
)

operator = Operator(
    name="gru",
    source="torch.nn.GRU",
    attributes=sequence_attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("h",),
    differentiable=("x", "h0", "Wx", "Wh", "bx", "bh"),
    regimes=REGIMES,
    laws=(
        *SEQUENCE_LAWS,
        Law("update gate", "z forced to one keeps h0 to each sequence's end", state_kept),
        Law(
            "reset gate",
            "with r and z forced to zero the last step does not see the others",
            reset_forgets,
            applies=lambda case: not case.attributes["packed"],
        ),
    ),
    mistakes=MISTAKES,
    corners=SEQUENCE_CORNERS,
    workloads=(
        Workload(
            "character model",
            {
                "batch": 32,
                "features": 64,
                "hidden": 128,
                "time": 32,
                "packed": False,
                "lengths": None,
            },
        ),
    ),
)
