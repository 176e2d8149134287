"""conv_bn_relu: strategy over modes, steps and geometry, oracle, laws and mistakes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs, Workload
from properties.operators import batch_norm
from properties.operators._sandwiches import (
    BATCH_ORDER,
    INDEPENDENCE,
    homogeneity,
    normalised,
    off_zero,
    unit_scale,
)
from properties.operators._windows import draw_windows
from properties.trembling import shaken
from properties.values import Values
from reference.vectorized.conv2d import conv2d_forward


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    # Where a channel has equal values alone, rounding is all that its normalisation shows: no
    # window lies in the padding.
    inside = domain.restricted(dilation=(1,), out=(2, 3))
    windows = draw_windows(draw, inside, half_padding=True)
    del windows["dilation"]
    positions = math.prod(
        (windows["size"][a] + 2 * windows["padding"][a] - windows["kernel"][a])
        // windows["stride"][a]
        + 1
        for a in (0, 1)
    )
    # A few values may be nearly equal by chance, and then it is rounding that is normalised.
    fewest = math.ceil(8 / positions)
    drawn: dict[str, Any] = {
        "batch": draw(domain.integer("batch", fewest, 4)),
        "channels": draw(domain.integer("channels", 1, 3)),
        "filters": draw(domain.integer("filters", 1, 3)),
        "bias": draw(domain.boolean("bias")),
        **windows,
        "fresh": draw(domain.boolean("fresh")),
        "eps": draw(domain.choice("eps", (1e-5, 1e-3, 1e-1))),
        "momentum": draw(domain.choice("momentum", (0.1, 0.25, 0.7, 0.0, 1.0))),
        "running_var_update": draw(domain.choice("running_var_update", ("unbiased", "biased"))),
    }
    return drawn if drawn["bias"] else drawn | {"b": None}


def inputs(at: Attributes, values: Values) -> Arrays:
    F = at["filters"]
    x = values.array("x", (at["batch"], at["channels"], *at["size"]))
    w, b = values.array("w", (F, at["channels"], *at["kernel"])), np.zeros(F)
    geometry = {name: at[name] for name in ("stride", "padding")}
    if values.regime != "integers":
        w *= unit_scale(conv2d_forward(x, w, **geometry)[0])[..., None]
    arrays = {"x": x, "w": w}
    if at["bias"]:
        b = arrays["b"] = values.array("b", (F,))
    pre, _ = conv2d_forward(x, w, b, **geometry)
    noise, _ = conv2d_forward(np.abs(x), np.abs(w), np.abs(b), **geometry)
    gamma = values.array("gamma", (F,))
    mean, var = np.zeros(F), np.zeros(F)
    if not at["fresh"]:
        mean, var = values.array("running_mean", (F,)), values.positive("running_var", (F,))
    given = None if at["training"] else (mean, var)
    beta = off_zero(values, "beta", *normalised(pre, noise, gamma, at["eps"], given))
    return arrays | {"gamma": gamma, "beta": beta, "running_mean": mean, "running_var": var}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.functional import conv2d, relu

    pre = conv2d(
        tensors["x"],
        tensors["w"],
        tensors.get("b"),
        stride=at["stride"],
        padding=at["padding"],
    )
    results = batch_norm.oracle({**tensors, "x": pre}, at)
    return results | {"out": relu(results["out"])}


def training(case: Case) -> bool:
    return case.at(0)["training"]


def bias_taken_away(run: Any, case: Case, inputs: Arrays) -> Pairs:
    yield "out", run(inputs | {"b": inputs["b"] + 1})["out"], run(inputs)["out"]


CONV = "pre, conv_cache = conv2d_forward(x, w, b, stride=stride, padding=padding)"
NORM = "norm, running_mean, running_var, norm_cache = batch_norm_forward("
STATISTICS = "running_mean,\n        running_var,\n        training="
RELU = "out, relu_cache = relu_forward(norm)"
CACHES = "return out, running_mean, running_var, (conv_cache, norm_cache, relu_cache)"
UNPACKED = "conv_cache, norm_cache, relu_cache = cache"
DNORM = "dnorm = relu_backward(dout, relu_cache)"
DPRE = "dpre, dgamma, dbeta = batch_norm_backward(dnorm, norm_cache)"
RETURN = "return dx, dw, db, dgamma, dbeta"

MISTAKES = (
    edit(
        "relu left out",
        "out is the normalised convolution, negative elements included",
        RELU,
        f"{RELU}\n    out = norm",
    ),
    edit(
        "relu before the normalisation",
        "out is the normalised relu of the convolution, and may be negative",
        NORM,
        f"pre, relu_cache = relu_forward(pre)\n    {NORM.replace('norm,', 'out,', 1)}",
        f"    {RELU}\n",
        "",
        f"    {DNORM}\n    {DPRE}",
        "    dpre, dgamma, dbeta = batch_norm_backward(dout, norm_cache)\n"
        "    dpre = relu_backward(dpre, relu_cache)",
    ),
    edit(
        "normalisation left out",
        "out is the relu of the convolution",
        RELU,
        "out, relu_cache = relu_forward(pre)",
    ),
    edit(
        "bias left out",
        "the convolution has no bias, which shows in evaluation and in the running mean",
        CONV,
        CONV.replace("w, b,", "w, None if b is None else 0 * b,"),
    ),
    edit(
        "bias added after the normalisation",
        "the normalised convolution is shifted by b as well as by beta",
        CONV,
        CONV.replace("w, b,", "w, None if b is None else 0 * b,"),
        RELU,
        f"norm = norm if b is None else norm + b[:, None, None]\n    {RELU}",
    ),
    edit(
        "stride not handed on",
        "the convolution has stride 1 whatever the stride",
        CONV,
        CONV.replace("stride=stride, ", ""),
    ),
    edit(
        "padding not handed on",
        "the convolution is unpadded whatever the padding",
        CONV,
        CONV.replace(", padding=padding", ""),
    ),
    edit(
        "evaluation uses batch statistics",
        "the layer is always in training mode",
        "training=training",
        "training=True",
    ),
    edit(
        "training uses running statistics",
        "the layer is always in evaluation mode",
        "training=training",
        "training=False",
    ),
    edit(
        "momentum not handed on",
        "the running statistics move by 0.1 whatever the momentum",
        "        momentum=momentum,\n",
        "",
    ),
    edit(
        "momentum reversed",
        "momentum is the fraction of the old running statistics that is kept, not the new one's",
        "momentum=momentum",
        "momentum=1 - momentum",
    ),
    edit(
        "eps not handed on",
        "the normalisation adds 1e-5 to the variance whatever eps",
        "        eps=eps,\n",
        "",
    ),
    edit(
        "running variance always unbiased",
        "the running variance moves towards the one over n - 1, whatever is asked for",
        "        running_var_update=running_var_update,\n",
        "",
    ),
    edit(
        "running mean and variance exchanged",
        "the normalisation is given the mean as variance and the reverse",
        STATISTICS,
        "running_var,\n        running_mean,\n        training=",
    ),
    edit(
        "running statistics not updated",
        "the running statistics come back as they were given",
        NORM,
        f"theirs = running_mean.copy(), running_var.copy()\n    {NORM}",
        CACHES,
        f"running_mean, running_var = theirs\n    {CACHES}",
    ),
    edit(
        "running statistics updated twice",
        "a second pass through the normalisation moves the running statistics again",
        CACHES,
        "_, running_mean, running_var, _ = batch_norm_forward(\n"
        "        pre, gamma, beta, running_mean, running_var, training=training,\n"
        "        momentum=momentum, eps=eps, running_var_update=running_var_update)\n"
        f"    {CACHES}",
    ),
    edit(
        "running statistics changed in place",
        "the caller's running statistics are overwritten",
        NORM,
        f"theirs = running_mean, running_var\n    {NORM}",
        CACHES,
        f"theirs[0][...], theirs[1][...] = running_mean, running_var\n    {CACHES}",
    ),
    edit(
        "relu gradient left out",
        "dout goes to the normalisation as it is, also where out is 0",
        DNORM,
        "dnorm = dout",
    ),
    edit(
        "gradient masked the wrong way round",
        "dout passes where relu gave 0 and not where it passed x",
        DNORM,
        "dnorm = dout - relu_backward(dout, relu_cache)",
    ),
    edit(
        "gradient masked by its own sign",
        "dout passes where dout, not the output, is positive",
        DNORM,
        "dnorm = np.where(dout > 0, dout, np.zeros_like(dout))",
    ),
    edit(
        "gradient masked by the convolution",
        "dout passes where the convolution is positive before it is normalised",
        CACHES,
        CACHES.replace("relu_cache)", "relu_forward(pre)[1])"),
    ),
    edit(
        "normalisation gradient left out",
        "dout goes from the relu to the convolution, past the normalisation",
        DPRE,
        f"{DPRE}\n    dpre = dnorm",
    ),
    edit(
        "normalisation taken as constant",
        "dx lacks the shares that reach it through the batch's mean and variance",
        DPRE,
        DPRE.replace("norm_cache", "(*norm_cache[:-1], False)"),
    ),
    edit(
        "dgamma and dbeta from dout",
        "dgamma and dbeta pass by the relu, the other gradients do not",
        RETURN,
        f"_, dgamma, dbeta = batch_norm_backward(dout, norm_cache)\n    {RETURN}",
    ),
    edit(
        "dgamma and dbeta exchanged",
        "the gradients come back in another order",
        RETURN,
        "return dx, dw, db, dbeta, dgamma",
    ),
    edit(
        "db as without normalisation",
        "db is the sum of what reaches the normalisation, not of what it hands on",
        RETURN,
        f"db = None if db is None else dnorm.sum(axis=(0, 2, 3))\n    {RETURN}",
    ),
    edit(
        "db dropped",
        "backward returns no gradient of b",
        RETURN,
        "return dx, dw, None, dgamma, dbeta",
    ),
    edit(
        "weight gradient averaged over the batch",
        "dw is divided by the number of samples",
        RETURN,
        "return dx, dw / len(dx), db, dgamma, dbeta",
    ),
    edit(
        "caches exchanged",
        "the relu's backward is given the normalisation's cache and the reverse",
        UNPACKED,
        "conv_cache, relu_cache, norm_cache = cache",
    ),
    edit(
        "cache kept for the last call",
        "backward uses the cache of the latest forward, whatever cache it is given",
        CACHES,
        f"conv_bn_relu_forward.last = conv_cache, norm_cache, relu_cache\n    {CACHES}",
        UNPACKED,
        "conv_cache, norm_cache, relu_cache = conv_bn_relu_forward.last",
    ),
    edit(
        "input changed in place",
        "negative elements of the caller's x are set to 0",
        CACHES,
        f"x[x.real < 0] = 0\n    {CACHES}",
    ),
    edit(
        "dout changed in place",
        "the caller's dout is masked where it stands",
        DNORM,
        f"dout[...] = relu_backward(dout, relu_cache)\n    {DNORM}",
    ),
    edit(
        "cache consumed by backward",
        "the cached normalised map is overwritten, so a second backward is wrong",
        RETURN,
        f"norm_cache[0][...] = 0\n    {RETURN}",
    ),
    edit(
        "rounded to float16 between the layers",
        "relu reads the normalised convolution in half precision",
        RELU,
        "norm = norm if x.dtype.kind == 'c' else norm.astype(np.float16).astype(x.dtype)\n"
        f"    {RELU}",
    ),
    edit(
        "result always float64",
        "float32 inputs give float64 outputs",
        CACHES,
        f"out = out.astype(np.result_type(out, np.float64))\n    {CACHES}",
    ),
)

CORNERS: Corners = {
    "batch 1": lambda case: case.attributes["batch"] == 1,
    "one element in a window": lambda case: case.attributes["kernel"] == (1, 1),
    "non-square map": lambda case: case.attributes["size"][0] != case.attributes["size"][1],
    "padded": lambda case: max(case.attributes["padding"]) > 0,
    "no bias": lambda case: not case.attributes["bias"],
    "evaluation": lambda case: not training(case),
    "train, then evaluate": lambda case: [s["training"] for s in case.steps] == [True, False],
    "three steps": lambda case: len(case.steps) == 3,
}

operator = Operator(
    name="conv_bn_relu",
    source="torch.nn.functional.relu of batch_norm of conv2d",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    trembling=shaken(oracle),
    outputs=("out", "running_mean", "running_var"),
    differentiable=("x", "w", "b", "gamma", "beta"),
    state=("running_mean", "running_var"),
    steps=batch_norm.steps,
    regimes=("integers", "normal"),  # others cancel: see `unit_scale`
    laws=(
        homogeneity("gamma", "beta"),
        Law(
            "bias",
            "in training the bias of the convolution changes nothing",
            bias_taken_away,
            applies=lambda case: training(case) and case.attributes["bias"],
        ),
        BATCH_ORDER,
        replace(INDEPENDENCE, applies=lambda case: not training(case)),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(
        Workload(
            "CIFAR-10 convnet",
            {
                "batch": 32,
                "channels": 16,
                "filters": 16,
                "bias": False,
                "b": None,
                "kernel": (3, 3),
                "stride": (1, 1),
                "padding": (1, 1),
                "size": (32, 32),
                "fresh": False,
                "eps": 1e-5,
                "momentum": 0.1,
                "running_var_update": "unbiased",
                "training": True,
            },
            {"remainder": 0},
        ),
    ),
)
