"""group_norm: strategy over groups, channels and shapes, oracle, laws and mistakes."""

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

GIVEN = {"gamma": "scaled", "beta": "shifted"}


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    ndim = draw(domain.choice("ndim", (4, 2, 3, 5)))
    size = tuple(draw(domain.integer("size", 1, 3)) for _ in range(ndim - 2))
    eps = draw(domain.choice("eps", (1e-5, 1e-3, 1e-1)))
    # Of one or two values, and so of their gradients, nothing is left but a sign and what eps adds.
    fewest = 1 if eps >= 0.1 else math.ceil(3 / math.prod(size))
    groups = draw(domain.integer("groups", 1, 4))
    each = draw(domain.integer("group_channels", fewest, 3))
    # PyTorch refuses a single sample whose groups are single values.
    batches = (1, 2, 3, 0) if each * math.prod(size) > 1 else (2, 3, 0)
    drawn = {
        "batch": draw(domain.choice("batch", batches)),
        "group_channels": each,
        "size": size,
        "groups": groups,
        "scaled": draw(domain.boolean("scaled")),
        "shifted": draw(domain.boolean("shifted")),
        "eps": eps,
    }
    absent = [name for name, given in GIVEN.items() if not drawn[given]]
    return drawn | dict.fromkeys(absent)


def members(at: Attributes) -> int:
    """How many values are normalised together."""
    return at["group_channels"] * math.prod(at["size"])


def inputs(at: Attributes, values: Values) -> Arrays:
    C, size = at["groups"] * at["group_channels"], at["size"]
    few = members(at) < 3  # where they are large, only rounding is left of them
    x = (values.tame if few else values.array)("x", (at["batch"], C, *size))
    vectors = [name for name, given in GIVEN.items() if at[given]]
    return {"x": x} | {name: values.tame(name, (C,)) for name in vectors}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.functional import group_norm

    gamma, beta = tensors.get("gamma"), tensors.get("beta")
    if gamma is None and beta is not None:  # PyTorch 2.6 has no gradient for beta alone
        gamma = tensors["x"].new_ones(len(beta))
    return {"out": group_norm(tensors["x"], at["groups"], gamma, beta, eps=at["eps"])}


def neutral(inputs: Arrays) -> Arrays:
    """The same inputs with gamma 1 and beta 0, where they are given."""
    constants = {"gamma": 1.0, "beta": 0.0}
    return {n: np.full_like(a, constants[n]) if n in constants else a for n, a in inputs.items()}


def over_groups(case: Case, array: np.ndarray) -> np.ndarray:
    """The sum over each group of each sample of an array in the shape of x."""
    at = case.attributes
    return array.reshape(at["batch"], at["groups"], members(at)).sum(axis=2)


def centred(run: Any, case: Case, inputs: Arrays) -> Pairs:
    total = over_groups(case, run(neutral(inputs))["out"])
    yield "the sum of out over a group", total, np.zeros_like(total)


def shift_invariant(run: Any, case: Case, inputs: Arrays) -> Pairs:
    at, x = case.attributes, inputs["x"]
    shift = Values("normal", case.seed, 1).array("shift", (at["batch"], at["groups"]))
    shift = shift.repeat(at["group_channels"], axis=1)
    shifted = x + shift.reshape(*x.shape[:2], *[1] * (x.ndim - 2))
    yield "out", run(inputs | {"x": shifted})["out"], run(inputs)["out"]


def affine(run: Any, case: Case, inputs: Arrays) -> Pairs:
    def of_channels(name: str, default: float) -> np.ndarray:
        vector = inputs.get(name, np.full(inputs["x"].shape[1], default))
        return vector.reshape(-1, *[1] * (inputs["x"].ndim - 2))

    expected = run(neutral(inputs))["out"] * of_channels("gamma", 1) + of_channels("beta", 0)
    yield "out", run(inputs)["out"], expected


def sample_independent(run: Any, case: Case, inputs: Arrays) -> Pairs:
    alone = run(inputs | {"x": inputs["x"][:1].copy()})["out"]
    yield "out[:1]", alone, run(inputs)["out"][:1]


def groups_apart(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """All channels in reverse order, gamma and beta as well: the groups stay together."""
    turned = {n: a[:, ::-1].copy() if n == "x" else a[::-1].copy() for n, a in inputs.items()}
    yield "out", run(turned)["out"], run(inputs)["out"][:, ::-1]


def gradient_sums_to_zero(run: Any, case: Case, inputs: Arrays) -> Pairs:
    dout = Values("normal", case.seed, 1).array("dout", inputs["x"].shape)
    total = over_groups(case, run.gradients(inputs, {"out": dout})["x"])
    yield "dx summed over a group", total, np.zeros_like(total)


CHECKED = 'groups, eps = check_group_norm(x, gamma, beta, groups), number("eps", eps, 0)'
SIZE = "size = C // groups"
SLICE = "return slice(g * size, (g + 1) * size)"
MEAN = "mean = np.sum(x[n, k]) / m"
VAR = "var = np.sum((x[n, k] - mean) ** 2) / m"
ROOT = "np.sqrt(var + eps)"
XHAT = "xhat[n, k] = (x[n, k] - mean) * scale[n, g]"
SCALED = "out[:, c] *= gamma[c]"
SHIFTED = "if beta is not None:\n            out[:, c] += beta[c]"
CACHE = "return out, (xhat, scale, gamma, beta is not None)"
DBETA = "dbeta[c] = np.sum(dout[:, c])"
DGAMMA = "dgamma[c] = np.sum(dout[:, c] * xhat[:, c])"
DXHAT = "dxhat[:, c] = dout[:, c] if gamma is None else dout[:, c] * gamma[c]"
THROUGH_MEAN = "dx[n, k] -= np.sum(dxhat[n, k]) / m"
THROUGH_VAR = "dx[n, k] -= xhat[n, k] * np.sum(dxhat[n, k] * xhat[n, k]) / m"
GRADIENTS = "return dx, None if gamma is None else dgamma, dbeta if shifted else None"


def statistics(of: str, axes: str) -> tuple[str, str]:
    """An edit after which a group is normalised by the statistics of an array over some axes."""
    lines = (
        XHAT,
        f"taken = {of}",
        f"axes = {axes}",
        "var_ = np.var(taken, axis=axes, keepdims=True)",
        "normal = (taken - np.mean(taken, axis=axes, keepdims=True)) / np.sqrt(var_ + eps)",
        "xhat[n, k] = normal if normal.ndim < x.ndim else normal[n]",
    )
    return XHAT, "\n        ".join(lines)


MISTAKES = (
    edit(
        "channels shuffled in the groups",
        "group g has the channels g, g + groups, ..., as a reshape to (C / groups, groups) does",
        SLICE,
        "return slice(g, None, groups)",
    ),
    edit(
        "groups taken as channels of a group",
        "there are C / groups groups of `groups` channels each",
        CHECKED,
        CHECKED + "\n    groups = x.shape[1] // groups",
    ),
    edit(
        "groups ignored",
        "every sample is normalised over all its channels (layer normalisation)",
        SLICE,
        "return slice(0, C)",
    ),
    edit(
        "a group for each channel",
        "every channel is normalised on its own (instance normalisation)",
        CHECKED,
        CHECKED + "\n    groups = x.shape[1]",
    ),
    edit(
        "statistics over the batch too",
        "mean and variance of a group are taken over all samples",
        *statistics("x[:, k]", "None"),
    ),
    edit(
        "statistics per channel over the batch",
        "every channel is normalised over the samples (batch normalisation)",
        *statistics("x[:, k]", "(0, *range(2, x.ndim))"),
    ),
    edit(
        "spatial axes left out",
        "every pixel is normalised on its own, over the channels of the group",
        *statistics("x[n, k]", "0"),
    ),
    edit(
        "not centred",
        "x is divided by the root of its mean square, and no mean subtracted",
        MEAN,
        "mean = 0",
    ),
    edit(
        "eps missing",
        "x is divided by the root of the variance alone, which is 0 where x is constant",
        ROOT,
        "np.sqrt(var)",
    ),
    edit(
        "eps outside the root",
        "eps is added to the standard deviation, not to the variance",
        ROOT,
        "(np.sqrt(var) + eps)",
    ),
    edit("eps ignored", "eps is 1e-5 whatever the argument says", ROOT, "np.sqrt(var + 1e-5)"),
    edit(
        "unbiased variance",
        "the variance is divided by the number of values of a group less one",
        VAR,
        "var = np.sum((x[n, k] - mean) ** 2) / max(m - 1, 1)",
    ),
    edit(
        "divided by the variance",
        "the root is left out: x is divided by the variance",
        ROOT,
        "(var + eps)",
    ),
    edit(
        "one-pass variance",
        "the variance is the mean of squares less the squared mean, which cancels for large means",
        VAR,
        "var = np.sum(x[n, k] ** 2) / m - mean**2",
    ),
    edit(
        "gamma per group",
        "all channels of a group are scaled by the gamma of the first",
        SCALED,
        "out[:, c] *= gamma[c - c % (C // groups)]",
    ),
    edit(
        "beta per group",
        "all channels of a group are shifted by the beta of the first",
        SHIFTED,
        SHIFTED.replace("beta[c]", "beta[c - c % (C // groups)]"),
    ),
    edit("gamma left out", "the normalised input is not scaled", SCALED, "pass"),
    edit("beta left out", "the normalised input is not shifted", SHIFTED, "pass"),
    edit(
        "gradient ignores the mean",
        "dx lacks the share that reaches x through the mean",
        THROUGH_MEAN,
        "pass",
    ),
    edit(
        "gradient ignores the variance",
        "dx lacks the share that reaches x through the variance",
        THROUGH_VAR,
        "pass",
    ),
    edit(
        "gradient through one channel's statistics",
        "dx has means over the pixels of a channel where those of the group belong",
        THROUGH_MEAN,
        "axes = tuple(range(1, dx.ndim - 1))\n"
        "        dx[n, k] -= np.mean(dxhat[n, k], axis=axes, keepdims=True)",
        THROUGH_VAR,
        "dx[n, k] -= xhat[n, k] * np.mean(dxhat[n, k] * xhat[n, k], axis=axes, keepdims=True)",
    ),
    edit(
        "gradient divided by the size of the batch",
        "dx takes means over a group for sums divided by the number of samples and pixels",
        THROUGH_MEAN,
        "m = max(dout[:, 0].size, 1)\n        " + THROUGH_MEAN,
    ),
    edit(
        "gamma left out of dx",
        "dx is the gradient of the normalisation alone",
        DXHAT,
        "dxhat[:, c] = dout[:, c]",
    ),
    edit(
        "dx not divided by the standard deviation",
        "dx lacks the factor 1 / sqrt(var + eps)",
        "dx[n, k] *= scale[n, g]",
        "pass",
    ),
    edit(
        "dgamma multiplied by gamma",
        "gamma is multiplied into dout before dgamma is summed",
        DGAMMA,
        f"{DGAMMA} * (1 if gamma is None else gamma[c])",
    ),
    edit(
        "dgamma of the first sample only",
        "dgamma is not summed over the batch",
        DGAMMA,
        DGAMMA.replace("[:, c]", "[:1, c]"),
    ),
    edit(
        "dbeta of the first sample only",
        "dbeta is not summed over the batch",
        DBETA,
        DBETA.replace("[:, c]", "[:1, c]"),
    ),
    edit(
        "dgamma per group",
        "dgamma is summed over the channels of a group",
        GRADIENTS,
        GRADIENTS.replace("dgamma,", "dgamma.reshape(groups, -1).sum(axis=1).repeat(C // groups),"),
    ),
    edit(
        "dbeta averaged over the batch",
        "dbeta is divided by the number of samples",
        DBETA,
        DBETA + " / max(len(dout), 1)",
    ),
    edit(
        "dgamma of shape (1, C, 1, 1)",
        "dgamma keeps the axes over which it was summed",
        GRADIENTS,
        GRADIENTS.replace("dgamma,", "dgamma.reshape(1, C, *[1] * (dx.ndim - 2)),"),
    ),
    edit(
        "input changed in place",
        "x is centred where it stands, so the caller's array is spoiled",
        XHAT,
        "x[n, k] -= mean\n        xhat[n, k] = x[n, k] * scale[n, g]",
    ),
    edit(
        "dout changed in place",
        "backward multiplies the caller's dout by gamma where it stands",
        DXHAT,
        "if gamma is not None:\n            dout[:, c] *= gamma[c]\n"
        "        dxhat[:, c] = dout[:, c]",
    ),
    edit(
        "cache consumed by backward",
        "the cached normalised input is overwritten, so a second backward is wrong",
        THROUGH_VAR,
        "xhat[n, k] *= np.sum(dxhat[n, k] * xhat[n, k]) / m\n        dx[n, k] -= xhat[n, k]",
    ),
    edit(
        "result always float64",
        "float32 inputs give float64 outputs",
        CACHE,
        CACHE.replace("out,", "out.astype(np.result_type(out, np.float64)),"),
    ),
    edit(
        "accumulated in float16",
        "the mean is added up in half precision",
        MEAN,
        "mean = np.sum(x[n, k], dtype=None if x.dtype.kind == 'c' else np.float16) / m",
    ),
)

CORNERS: Corners = {
    "no map": lambda case: case.attributes["size"] == (),
    "volumes": lambda case: len(case.attributes["size"]) == 3,
    "one group": lambda case: case.attributes["groups"] == 1,
    "instance normalisation": lambda case: (
        case.attributes["group_channels"] == 1 and case.attributes["groups"] > 1
    ),
    "groups unlike their channels": lambda case: (
        1 < case.attributes["groups"] != case.attributes["group_channels"] > 1
    ),
    "batch 1": lambda case: case.attributes["batch"] == 1,
    "empty": lambda case: case.attributes["batch"] == 0,
    "one value": lambda case: members(case.attributes) == 1,
    "affine off": lambda case: not (case.attributes["scaled"] or case.attributes["shifted"]),
    "constant": lambda case: case.regime == "constant",
    "mean 1e4": lambda case: case.regime == "offset",
}

operator = Operator(
    name="group_norm",
    source="torch.nn.functional.group_norm",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    differentiable=("x", "gamma", "beta"),
    regimes=("integers", "constant", "sparse", "normal", "large", "offset", "rows"),
    laws=(
        Law("centring", "with gamma 1 and beta 0, out of a group adds up to 0", centred),
        Law("shift", "a constant added to a group changes nothing", shift_invariant),
        Law("affine", "out is gamma times the normalised x, plus beta, per channel", affine),
        Law(
            "sample independence",
            "a sample's output does not depend on the others",
            sample_independent,
            applies=lambda case: case.attributes["batch"] > 0 and members(case.attributes) > 1,
        ),
        Law(
            "channel order",
            "channels, gamma and beta in reverse order give outputs in that order",
            groups_apart,
        ),
        Law(
            "conservation",
            "dx of a group adds up to 0",
            gradient_sums_to_zero,
            needs_backward=True,
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(
        Workload(
            "course",
            {
                "batch": 2,
                "group_channels": 3,
                "size": (4, 5),
                "groups": 2,
                "scaled": True,
                "shifted": True,
                "eps": 1e-5,
            },
        ),
        Workload(
            "ResNet block",
            {
                "batch": 16,
                "group_channels": 4,
                "size": (32, 32),
                "groups": 32,
                "scaled": True,
                "shifted": True,
                "eps": 1e-5,
            },
        ),
    ),
)
