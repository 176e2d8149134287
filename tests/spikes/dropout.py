"""Dropout that draws its own mask: the mask is evidence, and laws judge it."""

from __future__ import annotations

import math

import numpy as np

from properties.operator import Law, Operator

FALSE_ALARM = 1e-10


def attributes(draw, domain):
    return {
        "p": draw(domain.choice("p", (0.5, 0.2, 0.8))),
        "training": draw(domain.choice("training", (True, False))),
        "shape": draw(domain.choice("shape", ((20, 30), (600,)))),
    }


def inputs(at, values):
    return {"x": values.nonzero("x", at["shape"])}


def oracle(tensors, at):
    x = tensors["x"]
    return {"out": x * tensors["mask"].to(x.dtype) / (1 - at["p"]) if at["training"] else x * 1}


def zero_fraction(run, case, inputs):
    """By Hoeffding, the fraction strays by more than this once in 1/FALSE_ALARM runs."""
    mask = run(inputs)["mask"]
    margin = math.sqrt(math.log(2 / FALSE_ALARM) / (2 * mask.size))
    excess = max(0.0, abs(1 - mask.mean() - case.attributes["p"]) - margin)
    yield "zero fraction", np.asarray(excess), np.asarray(0.0)


operator = Operator(
    name="dropout",
    source="torch.nn.functional.dropout",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    differentiable=("x",),
    evidence=("mask",),
    regimes=("integers", "normal"),
    laws=(
        Law(
            "zero fraction",
            "a share p of the elements is dropped",
            zero_fraction,
            applies=lambda case: case.attributes["training"],
        ),
    ),
)


def forward(x, p, training):
    mask = (np.random.random(x.shape) >= p) if training else np.ones(x.shape, bool)
    scale = (mask / (1 - p) if training else np.ones(x.shape)).astype(x.dtype)
    return x * scale, mask, scale


def backward(dout, scale):
    return dout * scale


def reversed_forward(x, p, training):
    mask = (np.random.random(x.shape) < p) if training else np.ones(x.shape, bool)
    scale = (mask / (1 - p) if training else np.ones(x.shape)).astype(x.dtype)
    return x * scale, mask, scale


def unscaled_forward(x, p, training):
    _, mask, _ = forward(x, p, training)
    return x * mask, mask, mask


def backward_with_new_mask(dout, scale):
    return dout * np.random.permutation(scale.ravel()).reshape(scale.shape)
