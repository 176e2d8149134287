"""bilinear_interpolate: positions inside, across and outside the border, oracle, laws, mistakes."""

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
from properties.operators import _sampling
from properties.operators._corners import each
from properties.operators._sampling import REACHES, draw_positions, off_one_sided
from properties.values import Values


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    return {
        "reach": draw(domain.choice("reach", REACHES)),
        "positions": draw(domain.choice("positions", ((1,), (4,), (2, 3), (0,)))),
        "size": draw(domain.pair("size", 1, 5)),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    (H, W), shape, reach = at["size"], at["positions"], at["reach"]
    return {
        "a": values.array("a", (H, W)),
        "y": draw_positions(values, "y", shape, H, reach),
        "x": draw_positions(values, "x", shape, W, reach),
    }


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    """A 1x1 kernel whose offsets lead from the grid to the positions, padded to fit them all.

    grid_sample would scale positions by the size, which moves whole ones off the grid lines.
    """
    import torch
    from torch.nn.functional import pad
    from torchvision.ops import deform_conv2d

    a, y, x = tensors["a"], tensors["y"], tensors["x"]
    padding = max(0, math.isqrt(y.numel()) + 2 - min(a.shape)) // 2
    OH, OW = (n + 2 * padding for n in a.shape)
    spare = OH * OW - y.numel()
    rows = pad(y.reshape(-1), (0, spare)).reshape(OH, OW) - torch.arange(OH)[:, None] + padding
    columns = pad(x.reshape(-1), (0, spare)).reshape(OH, OW) - torch.arange(OW) + padding
    one = a.new_ones(1, 1, 1, 1)
    out = deform_conv2d(a[None, None], torch.stack((rows, columns))[None], one, padding=padding)
    return {"out": out.reshape(-1)[: y.numel()].reshape(y.shape)}


def weak_kinks(
    at: Attributes, inputs: Arrays, outputs: Arrays, cotangents: Arrays, gradients: Arrays
) -> str | None:
    wrong = (off_one_sided(operator, at, inputs, cotangents, gradients, n) for n in ("y", "x"))
    return next(filter(None, wrong), None)


def _interior(case: Case, inputs: Arrays) -> tuple[np.ndarray, np.ndarray]:
    rng, shape = Values("normal", case.seed, 1).rng("interior"), inputs["y"].shape
    H, W = inputs["a"].shape
    return np.asarray(rng.uniform(0, H - 1, shape)), np.asarray(rng.uniform(0, W - 1, shape))


def affine(run: Any, case: Case, inputs: Arrays) -> Pairs:
    y, x = _interior(case, inputs)
    slopes = Values("normal", case.seed, 1).array("slopes", (2,))
    rows, columns = np.indices(inputs["a"].shape)
    a = 1 + slopes[0] * rows + slopes[1] * columns
    yield "out", run({"a": a, "y": y, "x": x})["out"], 1 + slopes[0] * y + slopes[1] * x


def constant(run: Any, case: Case, inputs: Arrays) -> Pairs:
    y, x = _interior(case, inputs)
    a = np.full_like(inputs["a"], 3.0)
    yield "out", run({"a": a, "y": y, "x": x})["out"], np.full(y.shape, 3.0)


def whole(run: Any, case: Case, inputs: Arrays) -> Pairs:
    y, x = (np.floor(position) for position in _interior(case, inputs))
    expected = inputs["a"][y.astype(int), x.astype(int)]
    yield "out", run(inputs | {"y": y, "x": x})["out"], np.asarray(expected)


def outside(run: Any, case: Case, inputs: Arrays) -> Pairs:
    H, W = inputs["a"].shape
    y, x = inputs["y"], inputs["x"]
    for name, far in (("y", -1.0), ("y", float(H)), ("x", -1.0), ("x", W + 2.5)):
        moved = {"y": y, "x": x, name: np.full(y.shape, far)}
        yield f"out at {name} = {far}", run(inputs | moved)["out"], np.zeros(y.shape)


def conserved(run: Any, case: Case, inputs: Arrays) -> Pairs:
    y, x = _interior(case, inputs)
    dout = Values("normal", case.seed, 1).array("dout", y.shape)
    gradients = run.gradients({"a": inputs["a"], "y": y, "x": x}, {"out": np.asarray(dout)})
    if isinstance(gradients.get("a"), np.ndarray):
        yield "sum of da", np.asarray(gradients["a"].sum()), np.asarray(dout.sum())


FORWARD_CORNERS = "for i, j, weight, _, _ in _corners(a.shape, y[k], x[k]):"
FORWARD_ADDED = "out[k] += weight * a[i, j]"
DA = "da[i, j] += dout[k] * weight"
DY = "dy[k] += dout[k] * slope_y * a[i, j]"
DX = "dx[k] += dout[k] * slope_x * a[i, j]"
FORWARD_RETURN = "    return out, (a, y, x)"
BACKWARD_RETURN = "    return da, dy, dx"

MISTAKES = (
    *_sampling.MISTAKES,
    edit(
        "y and x swapped",
        "rows are taken from x and columns from y",
        FORWARD_CORNERS,
        "for j, i, weight, _, _ in _corners(a.shape[::-1], x[k], y[k]):\n"
        "            j, i = i % a.shape[1], j % a.shape[0]",
    ),
    edit(
        "corners not added up",
        "the output is the share of the last corner",
        FORWARD_ADDED,
        FORWARD_ADDED.replace("+=", "="),
    ),
    edit(
        "averaged over the corners",
        "the sum of the weighted corners is divided by four",
        FORWARD_ADDED,
        FORWARD_ADDED + " / 4",
    ),
    edit(
        "map gradient assigned instead of added",
        "where samples share a corner, da keeps the last one's share only",
        DA,
        DA.replace("+=", "="),
    ),
    edit(
        "map gradient to one corner only",
        "the upper left corner receives its share, the other three nothing",
        DA,
        DA + " * (i <= y[k] and j <= x[k])",
    ),
    edit(
        "map gradient not weighted",
        "each corner receives the whole of dout",
        DA,
        "da[i, j] += dout[k]",
    ),
    edit(
        "dy and dx exchanged",
        "the slope in y is returned as dx and the reverse",
        BACKWARD_RETURN,
        "    return da, dx, dy",
    ),
    edit(
        "sign of dy reversed",
        "dy is the upper row minus the lower",
        DY,
        DY.replace("+=", "-="),
    ),
    edit(
        "sign of dx reversed",
        "dx is the left column minus the right",
        DX,
        DX.replace("+=", "-="),
    ),
    edit(
        "dout left out of the position's gradient",
        "dy and dx are slopes of the map, not multiplied by dout",
        DY,
        "dy[k] += slope_y * a[i, j]",
        DX,
        "dx[k] += slope_x * a[i, j]",
    ),
    edit(
        "gradient at whole positions of the left side",
        "where a position is whole, dy and dx are the slopes before it, not those after it",
        "low = np.floor(p.real)",
        "low = np.ceil(p.real) - 1",
    ),
    edit(
        "input changed in place",
        "positions are turned into fractions where they stand",
        FORWARD_RETURN,
        "    cache = a, y.copy(), x.copy()\n    y -= np.floor(y)\n    return out, cache",
    ),
    edit(
        "dout changed in place",
        "backward scales the caller's dout where it stands",
        BACKWARD_RETURN,
        "    dout *= 0.5\n" + BACKWARD_RETURN,
    ),
    edit(
        "cache consumed by backward",
        "the cached positions are overwritten, so a second backward is wrong",
        FORWARD_RETURN,
        "    return out, (a, y.copy(), x.copy())",
        BACKWARD_RETURN,
        "    y += 0.5\n" + BACKWARD_RETURN,
    ),
    edit(
        "accumulated in float16",
        "the shares of the corners are rounded to half precision",
        FORWARD_ADDED,
        "out[k] += np.float16(weight * a[i, j])",
    ),
    edit(
        "float64 whatever the input",
        "the output is allocated without the map's dtype",
        "out = np.zeros(y.shape, a.dtype)",
        "out = np.zeros(y.shape)",
    ),
)


CORNERS: Corners = {
    "one row": lambda case: case.attributes["size"][0] == 1,
    "no position": lambda case: case.attributes["positions"] == (0,),
    "several dimensions of positions": lambda case: len(case.attributes["positions"]) == 2,
    **each("reach", REACHES),
    "at the kink": lambda case: case.regime == "kinks",
}

operator = Operator(
    name="bilinear_interpolate",
    source="torchvision.ops.deform_conv2d",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    differentiable=("a", "y", "x"),
    kinked=("y", "x"),
    weak_kinks=weak_kinks,
    laws=(
        Law("affine", "an affine map is met exactly inside", affine),
        Law("partition of unity", "a constant map gives the constant inside", constant),
        Law("whole positions", "a whole position inside reads its pixel", whole),
        Law("outside", "an element or more outside the map reads 0", outside),
        Law(
            "conservation",
            "samples inside hand their whole gradient to the map",
            conserved,
            needs_backward=True,
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(
        Workload("region", {"reach": "near", "positions": (14, 14), "size": (50, 68)}),
        Workload("image warp", {"reach": "far", "positions": (256, 256), "size": (240, 320)}),
    ),
)
