"""dropout: strategy over probabilities, modes and masks, oracle, laws and mistakes.

The mask that an implementation draws is evidence: the oracle takes it over, and laws judge it.
"""

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
from properties.operators._activations import draw_shape
from properties.operators._corners import each
from properties.tolerance import Failed
from properties.values import Values

FALSE_ALARM = 1e-13
"""How often right code leaves one margin. A law has four of them at most, so it fails right code
in less than one of 1e12 evaluations."""

LARGE = {1: (2400,), 2: (40, 60), 3: (20, 30, 4), 4: (8, 5, 6, 10)}
"""Shapes of which a share of dropped elements says something, by the number of dimensions."""


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    p = draw(domain.choice("p", (0.5, 0.2, 0.8, 0.1, 0.0, 1.0)))
    shape = draw_shape(draw, domain, (2, 1, 3, 4, 0))
    given = domain.choice("given", (False, False, True))
    return {
        "p": p,
        "training": draw(domain.choice("training", (True, True, False))),
        "given": p < 1 and draw(given),  # with p = 1 there is no mask to choose
        "shape": shape,
        "seed": draw(domain.integer("seed", 0, 999)),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    # No element is 0, so that an output of 0 has been dropped.
    arrays = {"x": values.nonzero("x", at["shape"])}
    if at["given"]:
        arrays["mask"] = np.asarray(values.rng("mask").random(at["shape"]) < 0.6)
    return arrays


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.functional import dropout

    x, p, mask = tensors["x"], at["p"], tensors.get("mask")
    if mask is None or not at["training"]:
        return {"out": dropout(x, p, training=at["training"])}
    if (mask.dtype, mask.shape) != (mask.bool().dtype, x.shape):
        found = f"{str(mask.dtype).removeprefix('torch.')} of shape {tuple(mask.shape)}"
        raise Failed(f"mask is {found}, expected bool of shape {tuple(x.shape)}", "mask")
    return {"out": x * mask * (1 / (1 - p) if p < 1 else 0.0)}


def large_x(case: Case) -> np.ndarray:
    """An x without zeros, of the case's number of dimensions."""
    shape = LARGE[max(len(case.attributes["shape"]), 1)]
    return Values("normal", case.seed, 1).nonzero("x", shape)


def dropped(run: Any, case: Case, **attributes: Any) -> np.ndarray:
    """Where a large x is dropped."""
    return run({"x": large_x(case)}, **attributes)["out"] == 0


def beyond_margin(hits: np.ndarray, expected: float) -> tuple[np.ndarray, np.ndarray]:
    """How far the mean of independent `hits`, from 0 to 1, is from what it should be; and 0.

    By Hoeffding, of n elements it strays by more than the margin once in 1 / FALSE_ALARM times;
    what is certain does not stray.
    """
    margin = math.sqrt(math.log(2 / FALSE_ALARM) / (2 * hits.size)) if 0 < expected < 1 else 1e-9
    return np.asarray(max(0.0, abs(float(hits.mean()) - expected) - margin)), np.asarray(0.0)


def agreement(p: float) -> float:
    """How often two independent elements are both kept or both dropped."""
    return p**2 + (1 - p) ** 2


def zero_or_scaled(run: Any, case: Case, inputs: Arrays) -> Pairs:
    out, p = run(inputs)["out"], case.attributes["p"]
    scaled = inputs["x"] / (1 - p) if p < 1 else np.zeros_like(inputs["x"])
    yield "out", out, np.where(out == 0, 0.0, scaled)


def zero_fraction(run: Any, case: Case, inputs: Arrays) -> Pairs:
    zeros = dropped(run, case)
    what = f"the share of zeros, {zeros.mean():.3g}, beyond its margin"
    yield what, *beyond_margin(zeros, case.attributes["p"])


def mean_of_x(run: Any, case: Case, inputs: Arrays) -> Pairs:
    p, x = case.attributes["p"], large_x(case)
    shares = run({"x": x})["out"] / x * (1 - p)
    what = f"1 - p times the mean of out / x, {shares.mean():.3g}, beyond its margin"
    yield what, *beyond_margin(shares, 1 - p)


def neighbours_independent(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Rows 0 and 1, 2 and 3, ... agree no more often than chance has it; and so on every axis."""
    zeros = dropped(run, case)
    for axis in range(zeros.ndim):
        lines = np.moveaxis(zeros, axis, 0)
        agree = lines[0 : len(lines) // 2 * 2 : 2] == lines[1::2]
        what = f"the agreement along axis {axis}, {agree.mean():.3g}, beyond its margin"
        yield what, *beyond_margin(agree, agreement(case.attributes["p"]))


def calls_independent(run: Any, case: Case, inputs: Arrays) -> Pairs:
    at = case.attributes
    agree = dropped(run, case) == dropped(run, case, seed=at["seed"] + 1)
    what = f"the agreement of two calls, {agree.mean():.3g}, beyond its margin"
    yield what, *beyond_margin(agree, agreement(at["p"]))


def identity(run: Any, case: Case, inputs: Arrays) -> Pairs:
    yield "out", run(inputs)["out"], inputs["x"]


def training(case: Case) -> bool:
    return case.attributes["training"]


def drawn(case: Case) -> bool:
    return training(case) and not case.attributes["given"]


ABSENT = "if mask is None:"
DRAWN = "np.random.default_rng(seed).random(x.shape) >= p"
TAKEN = "mask = np.array(mask)"
SCALE = "scale = 1 / (1 - p) if p < 1 else 0.0"
EVALUATION = "if not training:"
KEPT = "mask, scale = np.ones(x.shape, bool), 1.0"
OUT = "out = np.asarray(x * mask * scale, x.dtype)"
CACHE = "(mask, scale, x.dtype)"
DX = "dx = np.asarray(dout * mask * scale, dtype)"

MISTAKES = (
    edit(
        "no 1 / (1 - p)",
        "what is kept is not scaled, so the expected output is smaller than x",
        SCALE,
        "scale = 1.0",
    ),
    edit(
        "multiplied by 1 - p",
        "what is kept is made smaller where it should be made larger",
        SCALE,
        "scale = 1 - p",
    ),
    edit(
        "scaled by 1 / p",
        "the scale is that of a p which is the probability of keeping",
        SCALE,
        "scale = 1 / p if p > 0 else 1.0",
    ),
    edit(
        "p reversed in the mask",
        "the mask keeps a share p of the elements and drops the rest",
        DRAWN,
        DRAWN.replace(">=", "<"),
    ),
    edit(
        "p reversed",
        "p is the probability of keeping, in the mask and in the scale",
        DRAWN,
        DRAWN.replace(">=", "<"),
        SCALE,
        "scale = 1 / p if p > 0 else 0.0",
    ),
    edit("p ignored in the mask", "half of the elements are dropped", DRAWN, DRAWN[:-1] + "0.5"),
    edit(
        "normal instead of uniform random numbers",
        "p is compared with normal random numbers, and too much is dropped",
        DRAWN,
        DRAWN.replace("random(x", "standard_normal(x"),
    ),
    edit(
        "p = 1 gives nan",
        "where everything is dropped, 0 is multiplied by infinity",
        SCALE,
        "scale = 1 / (1 - p) if p < 1 else np.inf",
    ),
    edit(
        "masks in evaluation",
        "evaluation drops and scales as training does",
        EVALUATION,
        "if False:",
    ),
    edit(
        "scaled in evaluation",
        "evaluation divides by 1 - p",
        KEPT,
        "mask = np.ones(x.shape, bool)",
    ),
    edit(
        "not inverted",
        "training does not scale, evaluation multiplies by 1 - p",
        SCALE,
        "scale = 1.0",
        KEPT,
        "mask, scale = np.ones(x.shape, bool), 1 - p",
    ),
    edit("never drops", "training is the identity, as evaluation is", EVALUATION, "if True:"),
    edit(
        "one mask for all rows",
        "a mask is drawn for one sample and used for all",
        DRAWN,
        DRAWN.replace("x.shape)", "(1, *x.shape[1:])[: x.ndim]) + np.zeros(x.shape)"),
    ),
    edit(
        "one mask for all columns",
        "whole rows are kept or dropped",
        DRAWN,
        DRAWN.replace("x.shape)", "(*x.shape[:-1], 1)[: x.ndim]) + np.zeros(x.shape)"),
    ),
    edit(
        "whole channels dropped",
        "the mask of a map is one number for each sample and channel",
        DRAWN,
        DRAWN.replace(
            "x.shape)", "(*x.shape[:2], *[1] * (x.ndim - 2))[: x.ndim]) + np.zeros(x.shape)"
        ),
    ),
    edit(
        "same mask in every call",
        "the generator is seeded with a constant",
        DRAWN,
        DRAWN.replace("(seed)", "(0)"),
    ),
    edit(
        "mask drawn from the global generator",
        "the mask depends on, and moves, the state of np.random",
        DRAWN,
        DRAWN.replace("default_rng(seed).", ""),
    ),
    edit("given mask ignored", "a mask is drawn although one was given", ABSENT, "if True:"),
    edit(
        "given mask reversed",
        "where the given mask is True, x is dropped",
        TAKEN,
        f"else:\n        mask = ~mask\n    {TAKEN}",
    ),
    edit(
        "given mask not scaled",
        "x is scaled only where the mask was drawn",
        ABSENT,
        f"given = mask is not None\n    {ABSENT}",
        SCALE,
        SCALE.replace("= 1", "= 1.0 if given else 1"),
    ),
    edit(
        "given mask changed in place",
        "the caller's mask is set to True in evaluation",
        TAKEN,
        "mask = np.asarray(mask)",
        KEPT,
        "mask[...], scale = True, 1.0",
    ),
    edit(
        "new mask in backward",
        "dx is masked by other random numbers than out",
        CACHE,
        CACHE.replace("mask", "np.random.default_rng().random(x.shape) >= (p if training else 0)"),
    ),
    edit(
        "backward without the scale",
        "dx is dout where x was kept, without 1 / (1 - p)",
        DX,
        DX.replace(" * scale", ""),
    ),
    edit("backward without the mask", "dx is dout, scaled", DX, DX.replace(" * mask", "")),
    edit(
        "scaled twice in backward", "dx has the scale squared", DX, DX.replace("scale", "scale**2")
    ),
    edit(
        "backward through what was dropped",
        "dx is dout where x was dropped, and 0 where it was kept",
        DX,
        DX.replace("mask", "~mask"),
    ),
    edit(
        "dx is the mask",
        "dx is the scaled mask: dout is not multiplied in",
        DX,
        DX.replace("dout * ", ""),
    ),
    edit(
        "input changed in place",
        "the caller's x is set to 0 where it is dropped",
        OUT,
        f"{OUT}\n    x *= mask",
    ),
    edit(
        "dout changed in place",
        "the caller's dout is set to 0 where x was dropped",
        DX,
        f"{DX}\n    dout *= mask",
    ),
    edit(
        "cache consumed by backward",
        "the mask is reset, so a second backward gives 0",
        DX,
        f"{DX}\n    mask &= False",
    ),
    edit(
        "result always float64",
        "the mask is divided by 1 - p first, which makes it and the output float64",
        OUT,
        "out = x * (mask * scale)",
    ),
)

CORNERS: Corners = {
    **each("p", (0.0, 0.5, 1.0)),
    "drawn in training": drawn,
    "given in training": lambda case: training(case) and case.attributes["given"],
    "given in evaluation": lambda case: not training(case) and case.attributes["given"],
    "evaluation": lambda case: not training(case),
    "no dimension": lambda case: case.attributes["shape"] == (),
    "empty": lambda case: 0 in case.attributes["shape"],
}

operator = Operator(
    name="dropout",
    source="torch.nn.functional.dropout",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    differentiable=("x",),
    evidence=("mask",),
    regimes=("integers", "constant", "normal", "large"),
    laws=(
        Law(
            "zero or scaled",
            "in training every output is 0 or x / (1 - p)",
            zero_or_scaled,
            applies=training,
        ),
        Law("zero fraction", "a share p of the elements is dropped", zero_fraction, applies=drawn),
        Law("mean", "the mean of out is x", mean_of_x, applies=drawn),
        Law(
            "independent elements",
            "neighbours along an axis are dropped independently",
            neighbours_independent,
            applies=drawn,
        ),
        Law(
            "independent calls",
            "another seed, or another call, draws an independent mask",
            calls_independent,
            applies=drawn,
        ),
        Law(
            "identity",
            "in evaluation out is x",
            identity,
            applies=lambda case: not training(case),
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(
        Workload(
            "hidden layer",
            {"p": 0.5, "training": True, "given": False, "shape": (128, 4096), "seed": 0},
            {"empty": False},
        ),
    ),
)
