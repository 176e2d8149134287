"""Adam as an operator without backward: four outputs are state, the gradient is new every step."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from properties.operator import Operator


def attributes(draw, domain):
    return {
        "shape": draw(st.sampled_from(((3,), (1,), (2, 3)))),
        "lr": draw(domain.choice("lr", (0.1, 0.001))),
        "beta1": draw(domain.choice("beta1", (0.9, 0.5))),
        "beta2": draw(domain.choice("beta2", (0.999, 0.9))),
    }


def inputs(at, values):
    return {
        "w": values.array("w", at["shape"]),
        "dw": values.nonzero("dw", at["shape"]),
        "m": np.zeros(at["shape"]),
        "v": np.zeros(at["shape"]),
        "t": np.asarray(0),
    }


def oracle(tensors, at):
    import torch

    w = tensors["w"].clone().requires_grad_()
    w.grad = tensors["dw"].clone()
    optimizer = torch.optim.Adam([w], lr=at["lr"], betas=(at["beta1"], at["beta2"]))
    optimizer.state[w] = {
        "step": tensors["t"].to(torch.float32),
        "exp_avg": tensors["m"].clone(),
        "exp_avg_sq": tensors["v"].clone(),
    }
    optimizer.step()
    state = optimizer.state[w]
    return {
        "w": w.detach(),
        "m": state["exp_avg"],
        "v": state["exp_avg_sq"],
        "t": state["step"].to(torch.int64),
    }


operator = Operator(
    name="adam",
    source="torch.optim.Adam",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("w", "m", "v", "t"),
    state=("w", "m", "v", "t"),
    steps=lambda draw, domain: ({},) * draw(domain.integer("steps", 1, 5)),
    regimes=("integers", "sparse", "normal", "large"),
)


def forward(w, dw, m, v, t, lr, beta1, beta2, eps=1e-8):
    t = t + 1
    m = beta1 * m + (1 - beta1) * dw
    v = beta2 * v + (1 - beta2) * dw**2
    step = (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return (w - lr * step).astype(w.dtype), m.astype(w.dtype), v.astype(w.dtype), t


def without_bias_correction(w, dw, m, v, t, lr, beta1, beta2, eps=1e-8):
    _, m, v, t = forward(w, dw, m, v, t, lr, beta1, beta2)
    return (w - lr * m / (np.sqrt(v) + eps)).astype(w.dtype), m, v, t


def forgets_its_moments(w, dw, m, v, t, lr, beta1, beta2):
    """Right at the first step only: the moments are not handed on."""
    new, _, _, t = forward(w, dw, m, v, t, lr, beta1, beta2)
    return new, np.zeros_like(m) + (1 - beta1) * dw, (1 - beta2) * dw**2, t
