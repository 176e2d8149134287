"""prelu: strategy over shapes and slopes, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs, Workload
from properties.operators import relu
from properties.values import Values


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    shape = relu.attributes(draw, domain)["shape"]
    shared = draw(domain.choice("shared", (True, False, False))) if len(shape) > 1 else True
    return {"shape": shape, "shared": shared}


def inputs(at: Attributes, values: Values) -> Arrays:
    slopes = 1 if at["shared"] else at["shape"][1]
    return {**relu.inputs(at, values), "w": values.tame("w", (slopes,))}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.functional import prelu

    return {"out": prelu(tensors["x"], tensors["w"])}


def along_channels(at: Attributes, w: np.ndarray) -> np.ndarray:
    """w so shaped that it broadcasts over x."""
    ndim = len(at["shape"])
    return w.reshape((1, len(w), *[1] * (ndim - 2)) if ndim > 1 else (1,) * ndim)


def any_subgradient(
    at: Attributes, inputs: Arrays, outputs: Arrays, cotangents: Arrays, gradients: Arrays
) -> str | None:
    """At 0 the gradient lies between dout and w dout; elsewhere there is no choice."""
    if "x" not in gradients:
        return None
    x, dout, dx = inputs["x"], cotangents["out"], gradients["x"]
    leaked = along_channels(at, inputs["w"]) * dout
    low, high = np.minimum(dout, leaked), np.maximum(dout, leaked)
    slack = 1e-9 * (1 + np.abs(low) + np.abs(high))
    if not np.all((low - slack <= dx) & (dx <= high + slack)):
        return "dx does not lie between dout and w dout"
    if not np.all(np.abs(dx - np.where(x > 0, dout, leaked))[x != 0] <= slack[x != 0]):
        return "dx differs from dout where x > 0, or from w dout where x < 0"
    return None


def homogeneous(run: Any, case: Case, inputs: Arrays) -> Pairs:
    scaled = run(inputs | {"x": np.asarray(3 * inputs["x"])})["out"]
    yield "f(3 x)", scaled, np.asarray(3 * run(inputs)["out"])


def splits(run: Any, case: Case, inputs: Arrays) -> Pairs:
    x, w = inputs["x"], along_channels(case.attributes, inputs["w"])
    parts = run(inputs)["out"] - run(inputs | {"x": np.asarray(-x)})["out"]
    yield "f(x) - f(-x)", np.asarray(parts), np.asarray((1 + w) * x)


def channels_apart(run: Any, case: Case, inputs: Arrays) -> Pairs:
    turned = {"x": inputs["x"][:, ::-1].copy(), "w": inputs["w"][::-1].copy()}
    yield "out", run(turned)["out"], run(inputs)["out"][:, ::-1]


def linear_in_both(run: Any, case: Case, inputs: Arrays) -> Pairs:
    x, w = inputs["x"], inputs["w"]
    dout = np.asarray(Values("normal", case.seed, 1).array("dout", x.shape))
    out, d = run(inputs)["out"], run.gradients(inputs, {"out": dout})
    yield "the sum of x dx", np.asarray(np.sum(x * d["x"])), np.asarray(np.sum(out * dout))
    share = np.sum(np.where(x < 0, out * dout, 0))
    yield "the sum of w dw", np.asarray(np.sum(w * d["w"])), np.asarray(share)


CHANNEL = "return n[1] if len(w) > 1 else 0"
OUT = "out[n] = x[n] if x[n].real > 0 else w[_channel(n, w)] * x[n]"
CACHE = "(x.copy(), w.copy())"
ON = "if x[n].real > 0:\n"
DX_ON = "dx[n] = dout[n]\n"
DX = "dx[n] = dout[n] * w[c]"
DW = "dw[c] += dout[n] * x[n]"
GRADIENTS = "return dx, dw"

MISTAKES = (
    edit(
        "slopes along the last axis",
        "w is picked by the last axis of x instead of axis 1",
        CHANNEL,
        "return n[-1] % len(w) if len(w) > 1 else 0",
    ),
    edit(
        "slopes along the batch",
        "w is picked by the sample instead of the channel",
        CHANNEL,
        "return n[0] % len(w) if len(w) > 1 else 0",
    ),
    edit(
        "first slope for every channel",
        "one slope is used, and has a gradient, whatever the channel",
        CHANNEL,
        "return 0",
    ),
    edit(
        "slopes averaged",
        "every channel has the mean of the slopes",
        "w[_channel(n, w)] * x[n]",
        "np.mean(w) * x[n]",
    ),
    edit(
        "gradient through x >= 0",
        "at x = 0 the gradient is dout, where PyTorch gives w dout",
        ON,
        ON.replace(">", ">="),
    ),
    edit(
        "larger of x and w x",
        "for slopes above 1 negative inputs come back unchanged",
        OUT,
        "out[n] = x[n] if x[n].real > (w[_channel(n, w)] * x[n]).real else "
        "w[_channel(n, w)] * x[n]",
    ),
    edit(
        "slope on the positive side",
        "positive inputs are multiplied by w instead of negative ones",
        OUT,
        OUT.replace(">", "<"),
        ON,
        ON.replace(">", "<"),
    ),
    edit(
        "slope subtracted",
        "negative inputs come back with the opposite sign",
        OUT,
        OUT.replace("else w", "else -w"),
    ),
    edit(
        "relu",
        "negative inputs come back as 0",
        OUT,
        "out[n] = x[n] if x[n].real > 0 else 0",
    ),
    edit(
        "gradient of relu",
        "dx is 0 where x is negative",
        DX,
        "dx[n] = 0",
    ),
    edit(
        "gradient without the slope",
        "dx is dout, also where x is negative",
        DX,
        "dx[n] = dout[n]",
    ),
    edit(
        "slope instead of gradient",
        "where x is negative, dout is not multiplied in",
        DX,
        "dx[n] = w[c]",
    ),
    edit(
        "dout ignored where x is positive",
        "dx is 1 there",
        DX_ON,
        "dx[n] = 1\n",
    ),
    edit(
        "gradient masked by dout",
        "the sign of dout decides where the slope applies, not that of x",
        ON,
        "if dout[n] > 0:\n",
    ),
    edit(
        "slope gradient includes positive inputs",
        "dw sums dout times x over all elements",
        DX_ON,
        "dx[n] = dout[n]\n            dw[c] += dout[n] * x[n]\n",
    ),
    edit(
        "slope gradient over positive inputs only",
        "dw sums dout times x where x is positive",
        f"{DX}\n            {DW}",
        DX,
        DX_ON,
        f"{DX_ON}            {DW}\n",
    ),
    edit(
        "slope gradient without x",
        "dw sums dout where x is negative",
        DW,
        "dw[c] += dout[n]",
    ),
    edit(
        "slope gradient without dout",
        "dw sums the negative elements of x",
        DW,
        "dw[c] += x[n]",
    ),
    edit(
        "slope gradient with the wrong sign",
        "dw sums dout times the magnitude of x",
        DW,
        "dw[c] -= dout[n] * x[n]",
    ),
    edit(
        "slope gradient multiplied by the slope",
        "dw sums dout times out",
        DW,
        f"{DW} * w[c]",
    ),
    edit(
        "slope gradient of the last element only",
        "dw is overwritten by each element instead of added up",
        DW,
        DW.replace("+=", "="),
    ),
    edit(
        "slope gradient averaged over the batch",
        "dw is divided by the number of samples",
        DW,
        f"{DW} / (len(x) if x.ndim else 1)",
    ),
    edit(
        "slope gradient averaged",
        "dw is divided by the number of elements that a slope has",
        DW,
        f"{DW} * len(w) / x.size",
    ),
    edit(
        "slope gradient summed over the batch only",
        "dw adds up the first pixel of every map",
        DW,
        "dw[c] += dout[n] * x[n] * (not any(n[2:]))",
    ),
    edit(
        "slope gradient of the first sample only",
        "dw is not summed over the batch",
        DW,
        "dw[c] += dout[n] * x[n] * (not any(n[:1]))",
    ),
    edit(
        "slope gradient summed over the channels",
        "every slope has the gradient that a single one would have",
        DW,
        "dw += dout[n] * x[n]",
    ),
    edit(
        "slope gradient not summed",
        "dw keeps the shape of x",
        GRADIENTS,
        "return dx, np.where(x.real > 0, 0, dout * x)",
    ),
    edit(
        "slope gradient of shape (1, C)",
        "dw keeps an axis over which it was summed",
        GRADIENTS,
        "return dx, dw[None]",
    ),
    edit(
        "no gradient of the slope",
        "dw is zero",
        DW,
        "pass",
    ),
    edit(
        "input changed in place",
        "negative elements of the caller's x are multiplied by the slope",
        f"return out, {CACHE}",
        f"kept = {CACHE}\n    x[...] = out\n    return out, kept",
    ),
    edit(
        "output taken for the input in backward",
        "the cache holds out, whose sign and size are not those of x",
        CACHE,
        "(out.copy(), w.copy())",
    ),
    edit(
        "dout changed in place",
        "elements of the caller's dout are multiplied by the slope",
        DW,
        f"{DW}\n            dout[n] = dx[n]",
    ),
    edit(
        "cache consumed by backward",
        "the cached slopes are overwritten by their gradient, so a second backward is wrong",
        GRADIENTS,
        f"w[:] = dw\n    {GRADIENTS}",
    ),
    edit(
        "result always float64",
        "float32 inputs give float64 outputs",
        "out = np.zeros(x.shape, x.dtype)",
        "out = np.zeros(x.shape, np.result_type(x, np.float64))",
    ),
    edit(
        "accumulated in float16",
        "dw is added up in half precision",
        DW,
        "dw[c] = np.float16(dw[c]) + np.float16(dout[n] * x[n])",
    ),
)

CORNERS: Corners = {
    **relu.CORNERS,
    "one slope for several channels": lambda case: (
        case.attributes["shared"] and len(case.attributes["shape"]) > 1
    ),
    "a slope a channel": lambda case: (
        not case.attributes["shared"] and case.attributes["shape"][1] > 1
    ),
    "maps with a slope a channel": lambda case: (
        not case.attributes["shared"] and len(case.attributes["shape"]) == 4
    ),
}

operator = Operator(
    name="prelu",
    source="torch.nn.functional.prelu",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    differentiable=("x", "w"),
    kinked=("x",),
    weak_kinks=any_subgradient,
    laws=(
        Law("homogeneity", "f(3 x) = 3 f(x)", homogeneous),
        Law("splitting", "f(x) - f(-x) = (1 + w) x", splits),
        Law(
            "channels apart",
            "channels and slopes in another order give outputs in that order",
            channels_apart,
            applies=lambda case: len(case.attributes["shape"]) > 1,
        ),
        Law(
            "linearity",
            "x dx sums to the sum of out dout, and w dw to that of negative x",
            linear_in_both,
            needs_backward=True,
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(
        Workload("activations of a convnet", {"shape": (100, 32, 32, 32), "shared": False}),
    ),
)
