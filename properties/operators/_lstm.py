"""What the operators of a long short-term memory share: torch's weights, and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from properties.mistakes import Mistake, edit
from properties.operator import Arrays


def torch_parameters(tensors: Mapping[str, Any], suffix: str = "") -> dict[str, Any]:
    """Wx, Wh and b by torch's names; its second bias is zero."""
    import torch

    return {
        f"weight_ih{suffix}": tensors["Wx"].T,
        f"weight_hh{suffix}": tensors["Wh"].T,
        f"bias_ih{suffix}": tensors["b"],
        f"bias_hh{suffix}": torch.zeros_like(tensors["b"]),
    }


def with_biases(inputs: Arrays, **biases: float) -> Arrays:
    """The inputs with other biases of the gates named, which open or close them for good."""
    b = inputs["b"].copy()
    for gate, bias in biases.items():
        np.split(b, 4)["ifgo".index(gate)][:] = bias
    return inputs | {"b": b}


def gate_order(names: str) -> Mistake:
    """The gates are taken from the columns in another order, forward and backward."""
    columns, gradients = (", ".join(prefix + gate for gate in names) for prefix in ("a_", "da_"))
    return edit(
        f"gate order {', '.join(names)}",
        f"the columns are read as the gates {', '.join(names)}, where torch has i, f, g, o",
        ORDER,
        f"{columns} = np.split(",
        DA,
        f"np.concatenate([{gradients}])",
    )


ORDER = "a_i, a_f, a_g, a_o = np.split("
DA = "np.concatenate([da_i, da_f, da_g, da_o])"
I_GATE = "i = _sigmoid(a_i)"
F_GATE = "f = _sigmoid(a_f)"
G_GATE = "g = np.tanh(a_g)"
O_GATE = "o = _sigmoid(a_o)"
WX = "Wx) + _product("
BIAS = ", Wh) + b"
SIGMOID = "return np.where(a.real > 0, positive, e * positive)"
DA_I = "da_i = dc * g * i * (1 - i)"
DA_G = "da_g = dc * i * (1 - g**2)"
DA_O = "* tanh_c * o * (1 - o)"
F_SLOPE = "* f * (1 - f)"
H_TO_C = "* o * (1 - tanh_c**2)"
DX = "_product(da, Wx.T)"
DPREV_H = "_product(da, Wh.T)"
DPREV_C = "= dc * f"
DWX = "dWx += np.outer("
DWH = "dWh += np.outer("
DB = "db += da"

FORWARD_MISTAKES = (
    gate_order("ifog"),
    gate_order("figo"),
    gate_order("fiog"),
    gate_order("igfo"),
    edit(
        "gates interleaved",
        "every fourth column of the weights belongs to a gate",
        ORDER,
        "a_i, a_f, a_g, a_o = (lambda a, gates: a.reshape(-1, gates).T)(",
        DA,
        "np.stack([da_i, da_f, da_g, da_o], axis=1).ravel()",
    ),
    edit(
        "input weights transposed",
        "Wx is read in the memory order of its transpose",
        WX,
        WX.replace("Wx", "Wx.T.reshape(Wx.shape)"),
    ),
    edit("bias left out", "the gates do not contain b", BIAS, ", Wh)"),
    edit("bias added twice", "both products come with the bias", BIAS, ", Wh) + 2 * b"),
    edit("forget gate missing", "the whole cell is kept", F_GATE, "f = np.ones_like(a_f)"),
    edit(
        "forget gate reversed",
        "what the forget gate lets through is 1 - f",
        F_GATE,
        "f = 1 - _sigmoid(a_f)",
    ),
    edit("forget gate is 1 - i", "f and i are coupled", F_GATE, "f = 1 - i"),
    edit("input gate missing", "the new cell is added whole", I_GATE, "i = np.ones_like(a_i)"),
    edit("output gate missing", "h is the tanh of the cell", O_GATE, "o = np.ones_like(a_o)"),
    edit("new cell without tanh", "g is the sum itself", G_GATE, "g = a_g"),
    edit(
        "new cell by a sigmoid",
        "g goes through the sigmoid like the gates",
        G_GATE,
        "g = _sigmoid(a_g)",
    ),
    edit(
        "gates by a tanh",
        "i and f go through the tanh like g",
        I_GATE,
        "i = np.tanh(a_i)",
        F_GATE,
        "f = np.tanh(a_f)",
    ),
    edit(
        "sigmoid that overflows",
        "the sigmoid is exp(a) / (1 + exp(a)), which is nan for large sums",
        SIGMOID,
        "return np.exp(a) / (1 + np.exp(a))",
    ),
    edit(
        "sigmoid clipped at 10",
        "what a sigmoid is taken of is kept between -10 and 10",
        "e = np.exp(np.where(a.real > 0, -a, a))",
        "e = np.exp(np.maximum(np.where(a.real > 0, -a, a), -10))",
    ),
)

BACKWARD_MISTAKES = (
    edit(
        "slope of the sigmoid missing",
        "the gradients go past the forget gate unchanged",
        F_SLOPE,
        "",
    ),
    edit(
        "slope of a tanh for the gates",
        "the gradient of the sigmoid is taken to be 1 - i**2",
        DA_I,
        "da_i = dc * g * (1 - i**2)",
    ),
    edit(
        "slope of the sigmoid taken twice",
        "the slope of the input gate is that of the sigmoid of i",
        DA_I,
        "da_i = dc * g * _sigmoid(i) * (1 - _sigmoid(i))",
    ),
    edit("new cell missing in da_i", "da_i lacks the factor g", DA_I, DA_I.replace("g * ", "")),
    edit(
        "slope of the new cell's tanh missing",
        "da_g goes past the tanh unchanged",
        DA_G,
        "da_g = dc * i",
    ),
    edit(
        "square missing in the slope of tanh",
        "the slope of g is taken to be 1 - g",
        DA_G,
        "da_g = dc * i * (1 - g)",
    ),
    edit(
        "slope of the cell's tanh missing",
        "the gradient of h reaches the cell past its tanh",
        H_TO_C,
        "* o",
    ),
    edit(
        "slope of the cell's tanh at the tanh",
        "tanh is applied once more before its slope is taken",
        H_TO_C,
        "* o * (1 - np.tanh(tanh_c) ** 2)",
    ),
    edit(
        "output gate missing in the cell's gradient",
        "the gradient of h reaches the cell without the factor o",
        H_TO_C,
        "* (1 - tanh_c**2)",
    ),
    edit(
        "tanh of the cell missing in da_o",
        "da_o lacks the factor tanh(c)",
        DA_O,
        "* o * (1 - o)",
    ),
    edit(
        "forget gate missing in the cell's gradient",
        "the whole gradient of the cell goes to the cell before",
        DPREV_C,
        "= dc",
    ),
    edit(
        "cell's gradient times i",
        "the input gate stands where the forget gate belongs",
        DPREV_C,
        "= dc * i",
    ),
    edit(
        "dx through the wrong weights",
        "dx takes the weights of Wx in the memory order of its transpose",
        DX,
        "_product(da, Wx.reshape(Wx.T.shape))",
    ),
    edit(
        "dprev_h through the wrong weights",
        "dprev_h takes the weights of Wh in the memory order of its transpose",
        DPREV_H,
        "_product(da, Wh.reshape(Wh.T.shape))",
    ),
    edit(
        "weight gradients averaged over the batch",
        "dWx and dWh are divided by N",
        DWX,
        "dWx += 1 / len(x) * np.outer(",
        DWH,
        "dWh += 1 / len(x) * np.outer(",
    ),
    edit("db averaged over the batch", "db is divided by N", DB, "db += da / len(x)"),
    edit(
        "db of one step only",
        "db is overwritten each time instead of added up",
        DB,
        "db[...] = da",
    ),
)
