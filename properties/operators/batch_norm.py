"""batch_norm: strategy over modes, steps and shapes, oracle, laws and mistakes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs, Workload
from properties.values import Values


def steps(draw: DrawFn, domain: Domain) -> tuple[Attributes, ...]:
    training = domain.choice("training", (True, False))
    return tuple({"training": draw(training)} for _ in range(draw(domain.integer("steps", 1, 3))))


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    ndim = draw(domain.choice("ndim", (2, 4)))
    size = draw(domain.pair("size", 1, 3)) if ndim == 4 else ()
    # Of two values, and so of their gradients, nothing is left but a sign and what eps adds.
    fewest = math.ceil(3 / math.prod(size))
    drawn: dict[str, Any] = {
        "ndim": ndim,
        "batch": draw(domain.integer("batch", fewest, 4)),
        "channels": draw(domain.integer("channels", 1, 3)),
        "size": size,
        "affine": draw(domain.boolean("affine")),
        "fresh": draw(domain.boolean("fresh")),
        "eps": draw(domain.choice("eps", (1e-5, 1e-3, 1e-1))),
        "momentum": draw(domain.choice("momentum", (0.1, 0.25, 0.7, 0.0, 1.0))),
        "running_var_update": draw(domain.choice("running_var_update", ("unbiased", "biased"))),
    }
    return drawn if drawn["affine"] else drawn | {"gamma": None, "beta": None}


def inputs(at: Attributes, values: Values) -> Arrays:
    C = at["channels"]
    arrays = {"x": values.array("x", (at["batch"], C, *at["size"]))}
    if at["affine"]:
        arrays |= {"gamma": values.tame("gamma", (C,)), "beta": values.tame("beta", (C,))}
    if at["fresh"]:
        return arrays | {"running_mean": np.zeros(C), "running_var": np.zeros(C)}
    return arrays | {
        "running_mean": values.tame("running_mean", (C,)),
        "running_var": values.positive("running_var", (C,)),
    }


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.functional import batch_norm

    x, momentum = tensors["x"], at["momentum"]
    running_mean, running_var = tensors["running_mean"].clone(), tensors["running_var"].clone()
    out = batch_norm(
        x,
        running_mean,
        running_var,
        tensors.get("gamma"),
        tensors.get("beta"),
        training=at["training"],
        momentum=momentum,
        eps=at["eps"],
    )
    if at["training"] and at["running_var_update"] == "biased":
        var = x.detach().var(dim=(0, *range(2, x.ndim)), unbiased=False)
        running_var = (1 - momentum) * tensors["running_var"] + momentum * var
    return {"out": out, "running_mean": running_mean, "running_var": running_var}


def training(case: Case) -> bool:
    return case.at(0)["training"]


def centred_on_beta(run: Any, case: Case, inputs: Arrays) -> Pairs:
    mean = run(inputs)["out"].mean(axis=(0, *range(2, inputs["x"].ndim)))
    yield "the mean of out", mean, inputs.get("beta", np.zeros_like(mean))


def shift_invariant(run: Any, case: Case, inputs: Arrays) -> Pairs:
    C = inputs["x"].shape[1]
    shift = np.arange(1.0, C + 1).reshape(1, C, *[1] * len(case.attributes["size"]))
    yield "out", run(inputs | {"x": inputs["x"] + shift})["out"], run(inputs)["out"]


def batch_equivariant(run: Any, case: Case, inputs: Arrays) -> Pairs:
    turned = run(inputs | {"x": inputs["x"][::-1].copy()})["out"]
    yield "out", turned, run(inputs)["out"][::-1]


def batch_independent(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """In evaluation the first sample alone gives the first output."""
    alone = run(inputs | {"x": inputs["x"][:1].copy()})["out"]
    yield "out[:1]", alone, run(inputs)["out"][:1]


MEAN = "mean[c] = np.sum(x[:, c]) / max(n, 1)"
VAR = "var[c] = np.sum((x[:, c] - mean[c]) ** 2) / max(n, 1)"
ROOT = "np.sqrt(var[c] + eps)"
XHAT = "        xhat[:, c] = (x[:, c] - mean[c]) * scale[c]\n"
UPDATE = "if training and n > 0:"
UPDATE_MEAN = "running_mean = _moved(running_mean, mean, momentum)"
UPDATE_VAR = "running_var = _moved(running_var, var, momentum)"
MOVED = "(1 - momentum) * running + momentum * statistic"
DXHAT = "dxhat = dout[:, c] if gamma is None else dout[:, c] * gamma[c]"
THROUGH_MEAN = "dx[:, c] -= np.sum(dxhat) / max(n, 1)"
THROUGH_VAR = "dx[:, c] -= xhat[:, c] * np.sum(dxhat * xhat[:, c]) / max(n, 1)"

MISTAKES = (
    edit(
        "evaluation uses batch statistics",
        "out is normalised by the batch's own mean and variance in evaluation as well",
        f"if by_batch:\n            {MEAN}",
        f"if n > 0:\n            {MEAN}",
    ),
    edit(
        "training uses running statistics",
        "out is normalised by the running mean and variance in training as well",
        XHAT,
        "        if running_mean is not None:\n"
        "            scale[c] = 1 / np.sqrt(running_var[c] + eps)\n"
        "            xhat[:, c] = (x[:, c] - running_mean[c]) * scale[c]\n",
    ),
    edit(
        "momentum reversed",
        "momentum is the fraction of the old running statistics that is kept, not the new one's",
        MOVED,
        "momentum * running + (1 - momentum) * statistic",
    ),
    edit(
        "momentum ignored",
        "the running statistics are those of the last batch",
        MOVED,
        "statistic",
    ),
    edit(
        "running variance biased",
        "the running variance moves towards the batch variance divided by n, not n - 1",
        'if running_var_update == "unbiased":',
        "if False:",
    ),
    edit(
        "running variance unbiased",
        "the running variance moves towards the batch variance divided by n - 1, not n",
        'if running_var_update == "unbiased":',
        "if True:",
    ),
    edit(
        "normalised by the unbiased variance",
        "out is divided by the root of the batch variance over n - 1",
        ROOT,
        "np.sqrt(var[c] * (n / max(n - 1, 1) if by_batch else 1) + eps)",
    ),
    edit(
        "running standard deviation",
        "the running variance moves towards the root of the batch variance",
        UPDATE_VAR,
        UPDATE_VAR.replace("var, m", "np.sqrt(var), m"),
    ),
    edit(
        "running statistics updated in evaluation",
        "a batch moves the running statistics in evaluation as well",
        UPDATE,
        "if n > 1:\n"
        "            axes = (0, *range(2, x.ndim))\n"
        "            mean, var = x.mean(axis=axes), x.var(axis=axes)",
    ),
    edit(
        "running statistics not updated",
        "training leaves the running statistics as they were",
        UPDATE,
        "if False:",
    ),
    edit(
        "running variance not updated",
        "training moves the running mean only",
        UPDATE_VAR,
        "pass",
    ),
    edit(
        "running statistics changed in place",
        "the caller's running statistics are overwritten",
        "running_mean, running_var = running_mean.copy(), running_var.copy()",
        "pass",
        UPDATE_MEAN,
        UPDATE_MEAN.replace("=", "[:] =", 1),
        UPDATE_VAR,
        UPDATE_VAR.replace("=", "[:] =", 1),
    ),
    edit(
        "eps missing",
        "x is divided by the root of the variance alone, which is 0 where x is constant",
        ROOT,
        "np.sqrt(var[c])",
    ),
    edit(
        "eps outside the root",
        "eps is added to the standard deviation, not to the variance",
        ROOT,
        "(np.sqrt(var[c]) + eps)",
    ),
    edit(
        "eps missing in evaluation",
        "evaluation divides by the root of the running variance alone",
        ROOT,
        "np.sqrt(var[c] + (eps if by_batch else 0))",
    ),
    edit(
        "eps outside the root in evaluation",
        "evaluation adds eps to the running standard deviation, not to the variance",
        f"1 / {ROOT}",
        f"1 / ({ROOT} if by_batch else np.sqrt(var[c]) + eps)",
    ),
    edit(
        "divided by the variance",
        "the root is left out: x is divided by the variance",
        ROOT,
        "(var[c] + eps)",
    ),
    edit(
        "one-pass variance",
        "the variance is the mean of squares less the squared mean, which cancels for large means",
        VAR,
        "var[c] = np.sum(x[:, c] ** 2) / max(n, 1) - mean[c] ** 2",
    ),
    edit(
        "statistics per pixel",
        "every pixel of a map is normalised on its own, over the batch only",
        XHAT,
        XHAT + "        if by_batch:\n"
        "            centred = x[:, c] - np.mean(x[:, c], axis=0)\n"
        "            xhat[:, c] = centred / np.sqrt(np.mean(centred**2, axis=0) + eps)\n",
    ),
    edit(
        "statistics per sample",
        "every map is normalised on its own, over its pixels only (instance normalisation)",
        XHAT,
        XHAT + "        if by_batch and x.ndim == 4:\n"
        "            centred = x[:, c] - np.mean(x[:, c], axis=(1, 2), keepdims=True)\n"
        "            var_ = np.mean(centred**2, axis=(1, 2), keepdims=True)\n"
        "            xhat[:, c] = centred / np.sqrt(var_ + eps)\n",
    ),
    edit(
        "statistics over the channels",
        "every sample is normalised over all its channels (layer normalisation)",
        XHAT,
        XHAT + "        if by_batch:\n"
        "            axes = tuple(range(1, x.ndim))\n"
        "            centred = x - np.mean(x, axis=axes, keepdims=True)\n"
        "            var_ = np.mean(centred**2, axis=axes, keepdims=True)\n"
        "            xhat[:, c] = (centred / np.sqrt(var_ + eps))[:, c]\n",
    ),
    edit(
        "gradient ignores the mean",
        "dx lacks the share that reaches x through the batch mean",
        THROUGH_MEAN,
        "pass",
    ),
    edit(
        "gradient ignores the variance",
        "dx lacks the share that reaches x through the batch variance",
        THROUGH_VAR,
        "pass",
    ),
    edit(
        "training gradient in evaluation",
        "dx has the shares through batch statistics where running statistics were used",
        f"if by_batch:\n            {THROUGH_MEAN}",
        f"if True:\n            {THROUGH_MEAN}",
    ),
    edit(
        "gamma left out of dx",
        "dx is the gradient of the normalisation alone",
        DXHAT,
        "dxhat = dout[:, c]",
    ),
    edit(
        "dx not divided by the standard deviation",
        "dx lacks the factor 1 / sqrt(var + eps)",
        "dx[:, c] *= scale[c]",
        "pass",
    ),
    edit(
        "dgamma without normalisation",
        "dgamma sums dout times the centred input, which is not divided by the deviation",
        "np.sum(dout[:, c] * xhat[:, c])",
        "np.sum(dout[:, c] * xhat[:, c]) / scale[c]",
    ),
    edit(
        "dgamma of shape (1, C)",
        "dgamma keeps the axes over which it was summed",
        "None if gamma is None else dgamma,",
        "None if gamma is None else dgamma[None],",
    ),
    edit(
        "dbeta averaged over the batch",
        "dbeta is divided by the number of samples",
        "dbeta[c] = np.sum(dout[:, c])",
        "dbeta[c] = np.sum(dout[:, c]) / max(len(dout), 1)",
    ),
    edit(
        "dbeta summed over the batch only",
        "dbeta adds up the first pixel of every map",
        "dbeta[c] = np.sum(dout[:, c])",
        "dbeta[c] = np.sum(dout[:, c].reshape(len(dout), -1)[:, 0])",
    ),
    edit(
        "gamma and beta left out in evaluation",
        "evaluation normalises, and neither scales nor shifts",
        "if gamma is not None:\n            out",
        "if gamma is not None and by_batch:\n            out",
        "if beta is not None:\n            out",
        "if beta is not None and by_batch:\n            out",
    ),
    edit(
        "eps kept in the running variance",
        "the running variance moves towards the batch variance plus eps",
        "_moved(running_var, var, momentum)",
        "_moved(running_var, var + eps, momentum)",
    ),
    edit(
        "running statistics of shape (1, C)",
        "the statistics keep the axis over which they were taken",
        "running_mean = _moved(running_mean, mean, momentum)",
        "running_mean = _moved(running_mean, mean, momentum)[None]",
    ),
    edit(
        "input changed in place",
        "x is centred where it stands, so the caller's array is spoiled",
        XHAT,
        "        x[:, c] -= mean[c]\n        xhat[:, c] = x[:, c] * scale[c]\n",
    ),
    edit(
        "dout changed in place",
        "backward multiplies the caller's dout by gamma where it stands",
        DXHAT,
        "dxhat = dout[:, c]\n        if gamma is not None:\n            dxhat *= gamma[c]",
    ),
    edit(
        "cache consumed by backward",
        "the cached normalised input is overwritten, so a second backward is wrong",
        THROUGH_VAR,
        "xhat[:, c] *= np.sum(dxhat * xhat[:, c]) / max(n, 1)\n            dx[:, c] -= xhat[:, c]",
    ),
    edit(
        "accumulated in float16",
        "the mean is added up in half precision",
        MEAN,
        "mean[c] = np.sum(x[:, c], dtype=np.float16) / max(n, 1)",
    ),
)


CORNERS: Corners = {
    "two dimensions": lambda case: case.attributes["ndim"] == 2,
    "four dimensions": lambda case: case.attributes["ndim"] == 4,
    "batch 1": lambda case: case.attributes["batch"] == 1,
    "train, then evaluate": lambda case: [s["training"] for s in case.steps] == [True, False],
    "three steps": lambda case: len(case.steps) == 3,
    "affine off": lambda case: not case.attributes["affine"],
    "constant": lambda case: case.regime == "constant",
    "mean 1e4": lambda case: case.regime == "offset",
}


def _workload(name: str, batch: int, channels: int, side: int | None = None) -> Workload:
    """Training on square maps, or on vectors without a side."""
    size = () if side is None else (side, side)
    attributes = {
        "ndim": 2 + len(size),
        "batch": batch,
        "channels": channels,
        "size": size,
        "affine": True,
        "fresh": False,
        "eps": 1e-5,
        "momentum": 0.1,
        "running_var_update": "unbiased",
        "training": True,
    }
    return Workload(name, attributes, {"tracked": True}, judged=not name.startswith("ResNet"))


operator = Operator(
    name="batch_norm",
    source="torch.nn.functional.batch_norm",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("out", "running_mean", "running_var"),
    differentiable=("x", "gamma", "beta"),
    state=("running_mean", "running_var"),
    steps=steps,
    regimes=("integers", "constant", "sparse", "normal", "large", "offset", "rows"),
    laws=(
        Law(
            "centring",
            "in training the mean of out over a channel is beta",
            centred_on_beta,
            applies=training,
        ),
        Law(
            "shift",
            "in training a constant added to a channel changes nothing",
            shift_invariant,
            applies=training,
        ),
        Law(
            "batch order", "samples in another order give outputs in that order", batch_equivariant
        ),
        Law(
            "batch independence",
            "in evaluation a sample's output does not depend on the others",
            batch_independent,
            applies=lambda case: not training(case),
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(
        _workload("course", 100, 500),
        _workload("CIFAR-10 convnet", 64, 64, 32),
        _workload("ResNet stage 2", 16, 128, 28),
        _workload("ResNet stem", 4, 64, 112),
    ),
)
