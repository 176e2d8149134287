"""pairwise_distances: strategy over sets of points, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs, Workload
from properties.values import Values


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    batched = draw(domain.boolean("batched"))
    N = draw(domain.choice("x_points", (2, 3, 1, 4, 0)))
    M = draw(domain.choice("y_points", (2, 3, 1, 4, 0) if N == 1 else (2, 3, 1, 4)))
    return {
        "lead": (draw(domain.integer("batch", 1, 3)),) if batched else (),
        "x_points": N,
        "y_points": M,
        "width": draw(domain.choice("width", (2, 3, 1, 4))),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    """Points of both sets lie about one centre and keep apart in their first coordinate."""
    lead, N, M = at["lead"], at["x_points"], at["y_points"]
    points = values.array("points", (*lead, N + M, at["width"]))
    points[..., 0] = values.spaced("first", (*lead, N + M))
    x, y = points[..., :N, :], points[..., N:, :]
    if values.regime == "kinks" and N:
        met = np.asarray(values.rng("met").integers(0, N, M))
        y[..., ::2, :] = x[..., met[::2], :]
    return {"x": x.copy(), "y": y.copy()}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch import cdist

    mode = "donot_use_mm_for_euclid_dist"
    return {"out": cdist(tensors["x"], tensors["y"], p=2.0, compute_mode=mode)}


def subgradient(
    at: Attributes, inputs: Arrays, outputs: Arrays, cotangents: Arrays, gradients: Arrays
) -> str | None:
    """What equal points add to a gradient is at most |dout| long; other pairs have no choice."""
    diff = inputs["x"][..., :, None, :] - inputs["y"][..., None, :, :]
    dout, apart = cotangents["out"], np.any(diff != 0, axis=-1)
    length = np.where(apart, np.sqrt(np.sum(diff**2, axis=-1)), 1.0)
    shares = (np.where(apart, dout, 0.0) / length)[..., None] * diff
    free = np.where(apart, 0.0, np.abs(dout))
    for name, sign, axis in (("x", 1, -1), ("y", -1, -2)):
        if name not in gradients:
            continue
        chosen = gradients[name] - sign * shares.sum(axis=axis - 1)
        room = free.sum(axis=axis) + 1e-9 * (1 + np.abs(dout).sum(axis=axis))
        if not np.all(np.sqrt(np.sum(chosen**2, axis=-1)) <= room):
            return f"d{name} is not made of dout (x - y) / distance and a subgradient where x = y"
    return None


def exchanged(run: Any, case: Case, inputs: Arrays) -> Pairs:
    turned = run({"x": inputs["y"], "y": inputs["x"]})["out"]
    yield "out", turned, run(inputs)["out"].swapaxes(-1, -2)


def moved(run: Any, case: Case, inputs: Arrays) -> Pairs:
    shift = Values("normal", case.seed, 1).array("shift", inputs["x"].shape[-1:])
    yield "out", run({name: a + shift for name, a in inputs.items()})["out"], run(inputs)["out"]


def scaled(run: Any, case: Case, inputs: Arrays) -> Pairs:
    yield "out", run({name: -3 * a for name, a in inputs.items()})["out"], 3 * run(inputs)["out"]


def balanced(run: Any, case: Case, inputs: Arrays) -> Pairs:
    dout = Values("normal", case.seed, 1).array("dout", run(inputs)["out"].shape)
    gradients = run.gradients(inputs, {"out": dout})
    yield "dx summed over the points", gradients["x"].sum(axis=-2), -gradients["y"].sum(axis=-2)


DIFF = "diff = x[p] - y[q]"
OUT = "out[n] = np.sqrt(np.sum(diff**2))"
RESULT = "return out, (x.copy(), y.copy(), out.copy())"
APART = "if out[n] != 0:"
SHARE = "share = dout[n] * (x[p] - y[q]) / out[n]"
DX = "dx[p] += share"
DY = "dy[q] -= share"
EXPANDED = """a, b = x[p], y[q]
        square = np.sum(a * a) + np.sum(b * b) - 2 * np.sum(a * b)
"""

MISTAKES = (
    edit(
        "negative squared distance",
        "x^2 + y^2 - 2 x y cancels, and where rounding makes it negative the root is nan",
        OUT,
        f"{EXPANDED}        out[n] = np.sqrt(square)",
    ),
    edit(
        "squared distance expanded and clipped at 0",
        "x^2 + y^2 - 2 x y cancels, and what would be negative is taken for 0",
        OUT,
        f"{EXPANDED}        out[n] = np.sqrt(square) if square.real > 0 else 0",
    ),
    edit(
        "squared distance not rooted",
        "the output is the sum of squares",
        OUT,
        "out[n] = np.sum(diff**2)",
    ),
    edit(
        "sum of absolute differences",
        "the output is the L1 distance",
        OUT,
        "out[n] = np.sum(diff * np.sign(diff.real))",
    ),
    edit(
        "largest difference",
        "the output is the largest difference of a coordinate",
        OUT,
        "out[n] = np.max(abs(diff)) if diff.size else 0",
    ),
    edit(
        "mean instead of sum",
        "squares are averaged over the coordinates",
        OUT,
        "out[n] = np.sqrt(np.mean(diff**2))",
    ),
    edit(
        "difference of the lengths",
        "the output is how much longer x is than y",
        OUT,
        "out[n] = abs(np.sqrt(np.sum(x[p] ** 2)) - np.sqrt(np.sum(y[q] ** 2)))",
    ),
    edit(
        "first coordinate left out",
        "squares are summed from the second coordinate on",
        OUT,
        "out[n] = np.sqrt(np.sum(diff[1:] ** 2))",
        APART,
        "if out[n] == 0:\n            out[n] = 1\n        if True:",
    ),
    edit(
        "small constant under the root",
        "1e-12 is added to the squared distance, so that equal points are 1e-6 apart",
        OUT,
        "out[n] = np.sqrt(np.sum(diff**2) + 1e-12)",
    ),
    edit(
        "output transposed",
        "the output is (..., M, N)",
        RESULT,
        "return out.swapaxes(-1, -2), (x.copy(), y.copy(), out.copy())",
    ),
    edit(
        "distances to the first set of y",
        "every set of x is compared with the first set of y",
        DIFF,
        "diff = x[p] - y[(*[0] * len(p[:-1]), q[-1])]",
    ),
    edit(
        "paired points only",
        "every row holds the distance of x[i] from y[i], where there is one",
        DIFF,
        "diff = x[p] - y[(*p[:-1], min(p[-1], M - 1))]",
    ),
    edit(
        "diagonal set to 0",
        "the i-th points of both sets are taken for the same point",
        OUT,
        f"{OUT} * (p != q)",
    ),
    edit(
        "gradient divided by 0 at equal points",
        "0 / 0 makes the gradients nan where a distance is 0",
        APART,
        "if True:",
    ),
    edit(
        "equal points have a gradient",
        "where x and y are equal, dout goes to every coordinate of x, and less dout to y's",
        APART,
        "if out[n] == 0:\n            dx[p] += 2 * dout[n]\n"
        "            dy[q] -= 2 * dout[n]\n        else:",
    ),
    edit(
        "sign of dy",
        "dy has the sign of dx",
        DY,
        "dy[q] += share",
    ),
    edit("both signs wrong", "dx and dy are negated", SHARE, SHARE.replace("= dout", "= -dout")),
    edit("dy left out", "y is taken for a constant, its gradient is 0", DY, "pass"),
    edit(
        "gradient of the squared distance",
        "dx is 2 (x - y) dout: the root is not differentiated",
        SHARE,
        "share = 2 * dout[n] * (x[p] - y[q])",
    ),
    edit(
        "gradient not divided by the distance",
        "dx is (x - y) dout",
        SHARE,
        SHARE.replace(" / out[n]", ""),
    ),
    edit(
        "gradient twice as large",
        "the 2 of the square is not cancelled by the half of the root",
        SHARE,
        SHARE.replace("= dout", "= 2 * dout"),
    ),
    edit(
        "gradient by the signs",
        "dx is the sign of x - y times dout, as of the L1 distance",
        SHARE,
        "share = dout[n] * np.sign(x[p] - y[q])",
    ),
    edit(
        "dout not multiplied in",
        "gradients are those of the sum of all distances",
        SHARE,
        SHARE.replace("dout[n] * ", ""),
    ),
    edit(
        "input gradient of the last pair only",
        "dx is overwritten by each point of y instead of added up",
        DX,
        DX.replace("+=", "="),
    ),
    edit(
        "gradient of y of the last pair only",
        "dy is overwritten by each point of x instead of added up",
        DY,
        "dy[q] = -share",
    ),
    edit(
        "gradient averaged over the points",
        "dx is divided by the number of points of y",
        DX,
        f"{DX} / dout.shape[-1]",
    ),
    edit(
        "input changed in place",
        "the caller's x is scaled where it stands",
        RESULT,
        "kept = x.copy(), y.copy(), out.copy()\n    x *= 2\n    return out, kept",
    ),
    edit(
        "dout changed in place",
        "the caller's dout is divided by the distances where it stands",
        SHARE,
        "dout[n] /= out[n]\n            share = dout[n] * (x[p] - y[q])",
    ),
    edit(
        "cache consumed by backward",
        "the cached distances are overwritten, so a second backward is wrong",
        SHARE,
        "out[n] = dout[n] / out[n]\n            share = out[n] * (x[p] - y[q])",
    ),
    edit(
        "result always float64",
        "float32 inputs give float64 outputs",
        "out = np.zeros((*x.shape[:-2], N, M), x.dtype)",
        "out = np.zeros((*x.shape[:-2], N, M), np.result_type(x, np.float64))",
        RESULT,
        "return out, (x.copy(), y.copy(), out.astype(x.dtype))",
    ),
    edit(
        "accumulated in float16",
        "squares are added up in half precision",
        OUT,
        "out[n] = np.sqrt(np.sum(diff**2, dtype=None if x.dtype.kind == 'c' else np.float16))",
    ),
)

CORNERS: Corners = {
    "one set of points": lambda case: case.attributes["lead"] == (),
    "batch of sets": lambda case: case.attributes["lead"] > (1,),
    "one point": lambda case: 1 in (case.attributes["x_points"], case.attributes["y_points"]),
    "no point in x": lambda case: case.attributes["x_points"] == 0,
    "no point in y": lambda case: case.attributes["y_points"] == 0,
    "more points in one set": lambda case: (
        case.attributes["x_points"] != case.attributes["y_points"]
    ),
    "one coordinate": lambda case: case.attributes["width"] == 1,
    "equal points": lambda case: (
        case.regime == "kinks" and case.attributes["x_points"] * case.attributes["y_points"] > 0
    ),
    "mean 1e4": lambda case: case.regime == "offset" and case.attributes["width"] > 1,
}

operator = Operator(
    name="pairwise_distances",
    source="torch.cdist",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    differentiable=("x", "y"),
    kinked=("x", "y"),
    weak_kinks=subgradient,
    laws=(
        Law("exchange", "x and y exchanged give the distances transposed", exchanged),
        Law("translation", "all points moved alike are as far apart", moved),
        Law("scaling", "points mirrored and three times as far apart", scaled),
        Law(
            "balance",
            "what pulls at x pulls the other way at y",
            balanced,
            needs_backward=True,
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(
        Workload(
            "nearest neighbours",
            {"lead": (), "x_points": 50, "y_points": 500, "width": 3072},
        ),
        Workload(
            "point clouds",
            {"lead": (8,), "x_points": 128, "y_points": 128, "width": 3},
        ),
    ),
)
