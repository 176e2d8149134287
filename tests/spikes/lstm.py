"""An LSTM over a sequence, called chunk after chunk: h0 and c0 are state."""

from __future__ import annotations

import numpy as np

from properties.operator import Operator


def attributes(draw, domain):
    return {
        "batch": draw(domain.integer("batch", 1, 2)),
        "time": draw(domain.integer("time", 1, 4)),
        "features": draw(domain.integer("features", 1, 3)),
        "hidden": draw(domain.integer("hidden", 1, 3)),
    }


def inputs(at, values):
    N, T, D, H = at["batch"], at["time"], at["features"], at["hidden"]
    return {
        "x": values.array("x", (N, T, D)),
        "h0": values.tame("h0", (N, H)),
        "c0": values.tame("c0", (N, H)),
        "Wx": values.tame("Wx", (D, 4 * H)) / 4,
        "Wh": values.tame("Wh", (H, 4 * H)) / 4,
        "b": values.tame("b", (4 * H,)),
    }


def oracle(tensors, at):
    import torch

    module = torch.nn.LSTM(at["features"], at["hidden"], batch_first=True)
    parameters = {
        "weight_ih_l0": tensors["Wx"].T,
        "weight_hh_l0": tensors["Wh"].T,
        "bias_ih_l0": tensors["b"],
        "bias_hh_l0": torch.zeros_like(tensors["b"]),
    }
    state = tensors["h0"][None], tensors["c0"][None]
    h, (h0, c0) = torch.func.functional_call(module, parameters, (tensors["x"], state))
    return {"h": h, "h0": h0[0], "c0": c0[0]}


operator = Operator(
    name="lstm",
    source="torch.nn.LSTM",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("h", "h0", "c0"),
    differentiable=("x", "h0", "c0", "Wx", "Wh", "b"),
    state=("h0", "c0"),
    steps=lambda draw, domain: ({},) * draw(domain.integer("steps", 1, 3)),
    regimes=("integers", "sparse", "normal"),
)


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def forward(x, h0, c0, Wx, Wh, b):
    h, c, steps = h0, c0, []
    for t in range(x.shape[1]):
        i, f, g, o = np.split(x[:, t] @ Wx + h @ Wh + b, 4, axis=1)
        i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
        before, c = (h, c), f * c + i * g
        h = o * np.tanh(c)
        steps.append((*before, i, f, g, o, c, h))
    out = np.stack([step[-1] for step in steps], axis=1)
    return out, h.copy(), c.copy(), (x, Wx, Wh, steps)


def backward(dout, cache):
    x, Wx, Wh, steps = cache
    dx, dWx, dWh = np.zeros_like(x), np.zeros_like(Wx), np.zeros_like(Wh)
    db = np.zeros_like(Wx[0])
    dh, dc = np.zeros_like(dout[:, 0]), np.zeros_like(dout[:, 0])
    for t in reversed(range(x.shape[1])):
        h_before, c_before, i, f, g, o, c, _ = steps[t]
        dh = dh + dout[:, t]
        dc = dc + dh * o * (1 - np.tanh(c) ** 2)
        gates = dc * g * i * (1 - i), dc * c_before * f * (1 - f), dc * i * (1 - g**2)
        da = np.concatenate([*gates, dh * np.tanh(c) * o * (1 - o)], axis=1)
        dx[:, t], dh, dc = da @ Wx.T, da @ Wh.T, dc * f
        dWx, dWh, db = dWx + x[:, t].T @ da, dWh + h_before.T @ da, db + da.sum(axis=0)
    return dx, dh, dc, dWx, dWh, db


def truncated_backward(dout, cache):
    """The gradient through time is cut after one step."""
    last = np.zeros_like(dout)
    last[:, -1] = dout[:, -1]
    return backward(last, cache)


def forgets_its_state(x, h0, c0, Wx, Wh, b):
    out, _, _, cache = forward(x, h0, c0, Wx, Wh, b)
    return out, h0.copy(), c0.copy(), cache
