"""cross_entropy: strategy over shapes, reductions and ignored ids, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs, Workload
from properties.operators._corners import each
from properties.values import Values


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    spatial_dims = draw(domain.choice("spatial_dims", (0, 1, 2)))
    classes = draw(domain.integer("classes", 1, 6))
    ignored = draw(domain.boolean("ignored"))
    # A class may be ignored too, if another is left: the mean over no id is not a number.
    ignorable = (-100, -1, 255, 0) if classes > 1 else (-100, -1, 255)
    return {
        "batch": draw(domain.integer("batch", 1, 4)),
        "classes": classes,
        "size": tuple(draw(domain.integer("size", 1, 3)) for _ in range(spatial_dims)),
        "reduction": draw(domain.choice("reduction", ("mean", "sum", "none"))),
        "ignored": ignored,
        "ignore_index": draw(domain.choice("ignore_index", ignorable)) if ignored else -100,
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    N, C, size = at["batch"], at["classes"], at["size"]
    y = values.ids("y", (N, *size), C)
    if at["ignored"]:
        y[values.rng("ignored").random(y.shape) < 0.4] = at["ignore_index"]
        y.flat[0] = C - 1
    return {"x": values.array("x", (N, C, *size)), "y": y}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.functional import cross_entropy

    loss = cross_entropy(
        tensors["x"],
        tensors["y"],
        reduction=at["reduction"],
        ignore_index=at["ignore_index"],
    )
    return {"loss": loss}


def shift_invariant(run: Any, case: Case, inputs: Arrays) -> Pairs:
    x = inputs["x"]
    shift = Values("normal", case.seed, 1).array("shift", (len(x), 1, *x.shape[2:]))
    yield "loss", np.asarray(run(inputs | {"x": x + shift})["loss"]), run(inputs)["loss"]


def gradient_sums_to_zero(run: Any, case: Case, inputs: Arrays) -> Pairs:
    loss = run(inputs)["loss"]
    total = run.gradients(inputs, {"loss": np.ones(loss.shape)})["x"].sum(axis=1)
    yield "dx summed over the classes", total, np.zeros_like(total)


def relabelling(run: Any, case: Case, inputs: Arrays) -> Pairs:
    C = inputs["x"].shape[1]
    turned = {"x": inputs["x"][:, ::-1].copy(), "y": C - 1 - inputs["y"]}
    yield "loss", run(turned)["loss"], run(inputs)["loss"]


SHIFTED = "shifted = logits[n] - np.max(logits[n].real)"
LOGP = "logp = shifted - np.log(np.sum(np.exp(shifted)))"
LOSS = "losses[n] = -logp[y[n]]"
MEAN = "loss = loss / int(np.sum(counted)) if np.any(counted) else np.nan"
DMEAN = "dlosses = dlosses / max(int(np.sum(counted)), 1)"
COUNTED = "counted = y != ignore_index"
DIGNORED = "dlosses[~counted] = 0"
DLABEL = "dlogits[n][y[n]] -= dlosses[n]"
DX = "dx = np.moveaxis(dlogits, -1, 1)"

MISTAKES = (
    edit(
        "overflow in exp",
        "the largest logit is not subtracted before exp, so large logits give inf or nan",
        SHIFTED,
        "shifted = logits[n]",
    ),
    edit(
        "largest logit of the whole batch subtracted",
        "rows far below the largest one underflow to log(0)",
        SHIFTED,
        "shifted = logits[n] - np.max(logits.real)",
    ),
    edit(
        "log(0)",
        "the probability underflows to 0 before its logarithm is taken",
        LOGP,
        "logp = np.log(np.exp(shifted) / np.sum(np.exp(shifted)))",
    ),
    edit(
        "logarithm guarded by a small constant",
        "1e-8 is added to the probability before its logarithm is taken",
        LOGP,
        "logp = np.log(np.exp(shifted) / np.sum(np.exp(shifted)) + 1e-8)",
    ),
    edit("sign dropped", "the loss is the log-probability itself", LOSS, "losses[n] = logp[y[n]]"),
    edit(
        "probability instead of its logarithm",
        "the loss is minus the probability of the class",
        LOSS,
        "losses[n] = -np.exp(logp[y[n]])",
    ),
    edit(
        "softmax applied twice",
        "the logits go through a softmax before the loss takes its own",
        SHIFTED,
        SHIFTED + "\n        shifted = np.exp(shifted) / np.sum(np.exp(shifted))",
    ),
    edit(
        "sum instead of mean",
        "the loss is not divided by the number of samples",
        MEAN,
        "loss = loss * 1",
    ),
    edit(
        "gradient not divided by N",
        "the loss is a mean, its gradient that of a sum",
        DMEAN,
        "dlosses = dlosses * 1",
    ),
    edit(
        "mean over all ids, ignored ones included",
        "ignored positions count in the denominator of the mean",
        MEAN,
        "loss = loss / counted.size",
        DMEAN,
        "dlosses = dlosses / counted.size",
    ),
    edit(
        "mean over the batch only",
        "the loss is divided by N, not by the number of positions",
        MEAN,
        "loss = loss / len(y)",
        DMEAN,
        "dlosses = dlosses / len(y)",
    ),
    edit(
        "mean over N times C",
        "the loss is divided by the number of logits",
        MEAN,
        "loss = loss / x.size",
        DMEAN,
        "dlosses = dlosses / p.size",
    ),
    edit(
        "ignored ids have a gradient",
        "dx is not zero where the id is ignored",
        DIGNORED,
        "dlosses = dlosses + 0",
    ),
    edit(
        "label not subtracted",
        "dx is the softmax alone, without the minus one at the class",
        DLABEL,
        "pass",
    ),
    edit(
        "label added instead of subtracted",
        "dx has plus one at the class",
        DLABEL,
        "dlogits[n][y[n]] += dlosses[n]",
    ),
    edit("gradient negated", "dx has the wrong sign", DX, "dx = -np.moveaxis(dlogits, -1, 1)"),
    edit(
        "dloss ignored",
        "the gradient takes the upstream gradient to be one",
        "dlosses = np.full(y.shape, dloss, p.dtype)",
        "dlosses = np.ones(y.shape, p.dtype)",
    ),
    edit(
        "cache consumed by backward",
        "one is subtracted in the cached probabilities, so a second backward is wrong",
        DLABEL,
        DLABEL + "\n            p[n][y[n]] -= 1",
    ),
    edit(
        "logits changed in place",
        "the largest logit is subtracted in the caller's x",
        SHIFTED,
        SHIFTED + "\n        logits[n] -= np.max(logits[n].real)",
    ),
    edit(
        "ids changed in place",
        "the caller's ignored ids are set to 0",
        COUNTED,
        COUNTED + "\n    y[~counted] = 0",
    ),
    edit(
        "accumulated in float16",
        "losses are added up in half precision",
        "loss = np.sum(losses)",
        "loss = np.sum(losses, dtype=None if x.dtype.kind == 'c' else np.float16)",
    ),
)

CORNERS: Corners = {
    "ignored ids": lambda case: case.attributes["ignored"],
    "ignored class": lambda case: (
        case.attributes["ignored"] and case.attributes["ignore_index"] == 0
    ),
    "one class": lambda case: case.attributes["classes"] == 1,
    "maps": lambda case: len(case.attributes["size"]) == 2,
    "large logits": lambda case: case.regime == "large",
    **each("reduction", ("mean", "sum", "none")),
}


def _workload(name: str, batch: int, classes: int, size: tuple[int, ...] = ()) -> Workload:
    """The mean over all positions."""
    attributes = {
        "batch": batch,
        "classes": classes,
        "size": size,
        "reduction": "mean",
        "ignored": False,
        "ignore_index": -100,
    }
    return Workload(name, attributes, judged=name == "CIFAR-100 batch")


operator = Operator(
    name="cross_entropy",
    source="torch.nn.functional.cross_entropy",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("loss",),
    differentiable=("x",),
    regimes=("integers", "constant", "sparse", "normal", "large", "offset", "rows"),
    laws=(
        Law("shift invariance", "a constant added to all logits of a row", shift_invariant),
        Law(
            "conservation",
            "dx of a row sums to zero",
            gradient_sums_to_zero,
            needs_backward=True,
        ),
        Law(
            "relabelling",
            "classes renamed in x and y alike",
            relabelling,
            applies=lambda case: not case.attributes["ignored"],
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(
        _workload("CIFAR-100 batch", 128, 100),
        _workload("ImageNet logits", 4096, 1000),
        _workload("segmentation", 2, 21, (96, 96)),
    ),
)
