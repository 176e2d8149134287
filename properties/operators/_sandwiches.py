"""Compositions with a relu: inputs that keep away from its kink, and the laws they share."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties.case import Case
from properties.operator import Arrays, Law, Pairs
from properties.values import Array, Shape, Values


def off_zero(values: Values, name: str, pre: Array, noise: Array) -> Array:
    """One shift for each channel, after which nothing in `pre` (N, C, ...) is near 0.

    It puts 0 into a wide gap between the channel's values, or just outside them; not into the very
    middle, where whole numbers meet again under the statistics of another step. `noise`
    (N, C, ...) is how large the numbers are that rounding errors of `pre` come from.
    """
    rng, shifts = values.rng(name), np.zeros(pre.shape[1])
    for c in range(len(shifts)):
        scale = max(np.abs(pre[:, c]).max(initial=0), 1e-3 * noise[:, c].max(initial=0)) or 1.0
        room = scale / 8
        levels = np.unique(pre[:, c]) if pre[:, c].size else np.zeros(1)
        levels = np.concatenate([levels[:1] - room, levels, levels[-1:] + room])
        wide = np.flatnonzero(np.diff(levels) >= room / 4)
        chosen, share = rng.choice(wide), rng.uniform(0.4, 0.6)
        shifts[c] = -(share * levels[chosen] + (1 - share) * levels[chosen + 1])
    return shifts


def unit_scale(pre: Array) -> Array:
    """A power of two for each filter, (F, 1, 1), that gives its output `pre` a deviation near 1.

    What batch norm makes of a convolution does not depend on the scale of a filter, nor on a
    bias, so that their gradients are sums that cancel. How large the terms are is not to be seen
    in any change of the inputs: they must not be larger than the cotangents.
    """
    deviations = pre.std(axis=(0, 2, 3))
    exponents = np.round(np.log2(np.where(deviations > 0, deviations, 1.0)))
    return np.asarray(2.0 ** -exponents[:, None, None])


def normalised(
    pre: Array,
    noise: Array,
    gamma: Array,
    eps: float,
    statistics: tuple[Array, Array] | None = None,
) -> tuple[Array, Array]:
    """What batch norm makes of a convolution and its `noise`, before the shift.

    By `statistics`, a mean and a variance for each channel, or by the batch's own.
    """
    if statistics is None:
        statistics = pre.mean(axis=(0, 2, 3)), pre.var(axis=(0, 2, 3))
    mean, var = (each[:, None, None] for each in statistics)
    factor = gamma[:, None, None] / np.sqrt(var + eps)
    norm = (pre - mean) * factor
    return norm, np.maximum(np.abs(norm), noise * np.abs(factor))


def one_signed(values: Values, x_shape: Shape, x_signs: Shape, w_shape: Shape) -> Arrays:
    """x and w for a layer without bias: no two terms of an output differ in sign.

    So nothing cancels and only an output without terms is 0. x has a sign for each of the
    `x_signs`, w one for each output.
    """

    def signs(name: str, shape: Shape) -> Array:
        return values.rng(f"{name} signs").choice((-1.0, 1.0), shape)

    x = np.abs(values.nonzero("x", x_shape)) * signs("x", x_signs)
    w = values.positive("w", w_shape) * signs("w", (w_shape[0], *[1] * (len(w_shape) - 1)))
    return {"x": x, "w": w}


def homogeneity(*names: str) -> Law:
    """Euler: what is scaled by scaling these inputs is the sum of their gradients times them."""

    def pairs(run: Any, case: Case, inputs: Arrays) -> Pairs:
        out = run(inputs)["out"]
        dout = Values("normal", case.seed, 1).array("dout", out.shape)
        gradients = run.gradients(inputs, {"out": dout})
        total = sum(np.sum(gradients[name] * inputs[name]) for name in names if name in inputs)
        yield "their sum", np.asarray(total), np.asarray(np.sum(dout * out))

    sums = " + ".join(f"d{name} {name}" for name in names)
    return Law("homogeneity", f"{sums} adds up to dout out", pairs, needs_backward=True)


def _signed(run: Any, inputs: Arrays, x: Array) -> Array:
    negated = {name: -inputs[name] for name in ("w", "b") if name in inputs}
    return run(inputs | {"x": x})["out"] - run(inputs | negated | {"x": x})["out"]


def _splits(run: Any, case: Case, inputs: Arrays) -> Pairs:
    x = inputs["x"]
    other = Values("normal", case.seed, 1).array("x", x.shape)
    apart = _signed(run, inputs, x) + _signed(run, inputs, other)
    together = _signed(run, inputs, x + other) + _signed(run, inputs, np.zeros_like(x))
    yield "relu(y) - relu(-y)", together, apart


def _alone(run: Any, case: Case, inputs: Arrays) -> Pairs:
    yield "out[:1]", run(inputs | {"x": inputs["x"][:1].copy()})["out"], run(inputs)["out"][:1]


def _reversed(run: Any, case: Case, inputs: Arrays) -> Pairs:
    turned = run(inputs | {"x": inputs["x"][::-1].copy()})["out"]
    yield "out", turned, run(inputs)["out"][::-1]


SPLITTING = Law("splitting", "relu(y) - relu(-y) is the layer itself, additive in x", _splits)
INDEPENDENCE = Law(
    "independence",
    "the first row or sample alone gives its own output",
    _alone,
    applies=lambda case: case.attributes.get("lead") != (),
)
BATCH_ORDER = Law("batch order", "samples in another order give outputs in that order", _reversed)
