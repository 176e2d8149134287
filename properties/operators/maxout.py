"""maxout: strategy over shapes, axes and groups, oracle, laws and mistakes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs, Workload
from properties.operators._corners import each
from properties.values import Values


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    ndim = draw(domain.choice("ndim", (2, 4, 3, 1)))
    shape = [draw(domain.integer("size", 1, 3)) for _ in range(ndim)]
    if ndim > 1 and draw(domain.boolean("empty")):
        shape[draw(st.integers(0, ndim - 1))] = 0
    usual = 1 if ndim > 1 else 0
    others = [axis for axis in range(-ndim, ndim) if axis != usual]
    axis = draw(domain.choice("axis", (usual, *others)))
    pieces = draw(domain.choice("pieces", (2, 3, 1, 4)))
    shape[axis] = pieces * draw(domain.integer("groups", 1, 3))
    return {"shape": tuple(shape), "pieces": pieces, "axis": axis}


def inputs(at: Attributes, values: Values) -> Arrays:
    if values.regime == "kinks":
        return {"x": np.trunc(values.array("x", at["shape"]) / 2)}  # -1, 0 and 1: ties in groups
    return {"x": values.spaced("x", at["shape"])}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch

    axis = at["axis"] % len(at["shape"])
    groups = tensors["x"].unflatten(axis, (at["shape"][axis] // at["pieces"], at["pieces"]))
    return {"out": torch.max(groups, axis + 1).values}


def split(at: Attributes, array: np.ndarray, pieces: int) -> np.ndarray:
    """x (or with one piece out) as (before, groups, pieces, after)."""
    axis = at["axis"] % array.ndim
    groups = array.shape[axis] // pieces
    before, after = array.shape[:axis], array.shape[axis + 1 :]
    return array.reshape(math.prod(before), groups, pieces, math.prod(after))


def any_of_the_maxima(
    at: Attributes, inputs: Arrays, outputs: Arrays, cotangents: Arrays, gradients: Arrays
) -> str | None:
    """Each dout reaches the maxima of its group, in shares from 0 to 1 that add up to 1."""
    x, dx = (split(at, array, at["pieces"]) for array in (inputs["x"], gradients["x"]))
    out, dout = (split(at, array, 1) for array in (outputs["out"], cotangents["out"]))
    slack = 1e-9 * (1 + np.abs(dout))
    if np.any(np.abs(dx.sum(axis=2, keepdims=True) - dout) > slack):
        return "dx does not add up to dout over a group"
    if np.any(dx[x != out] != 0):
        return "dx is not 0 where x is not the maximum of its group"
    if np.any((dx < np.minimum(dout, 0) - slack) | (dx > np.maximum(dout, 0) + slack)):
        return "dx is not made of shares of dout between 0 and 1"
    return None


def increasing(run: Any, case: Case, inputs: Arrays) -> Pairs:
    yield "out", run({"x": 2 * inputs["x"] + 3})["out"], 2 * run(inputs)["out"] + 3


def groups_turned(run: Any, case: Case, inputs: Arrays) -> Pairs:
    axis = case.attributes["axis"]
    turned = run({"x": np.flip(inputs["x"], axis).copy()})["out"]
    yield "out", turned, np.flip(run(inputs)["out"], axis)


def pieces_turned(run: Any, case: Case, inputs: Arrays) -> Pairs:
    at = case.attributes
    turned = split(at, inputs["x"], at["pieces"])[:, :, ::-1].reshape(at["shape"])
    yield "out", run({"x": turned})["out"], run(inputs)["out"]


def conserved(run: Any, case: Case, inputs: Arrays) -> Pairs:
    at = case.attributes
    dout = Values("normal", case.seed, 1).array("dout", run(inputs)["out"].shape)
    dx = run.gradients(inputs, {"out": dout})["x"]
    total = split(at, dx, at["pieces"]).sum(axis=2).reshape(dout.shape)
    yield "dx summed over each group", total, dout


AXIS = "axis = check_maxout(x, pieces, axis)"
GROUP = "group = rows[n[:-1]][first : first + pieces]"
PLACE = "argmax[n] = first + np.argmax(group.real)"
BEST = "best[n] = rows[n[:-1]][argmax[n]]"
CACHE = "return out, (argmax, axis, x.shape, x.dtype)"
ROUTE = "drows[n[:-1]][argmax[n]] = dbest[n]"
DX = "    return dx\n"


def group_gradient(share: str) -> tuple[str, ...]:
    """Edits after which backward gives every piece of a group `share` of dout."""
    return (
        CACHE,
        "return out, ((argmax, rows.copy(), best.copy(), pieces), axis, x.shape, x.dtype)",
        "argmax, axis, shape, dtype = cache",
        "(argmax, rows, best, pieces), axis, shape, dtype = cache",
        ROUTE,
        "at = slice(n[-1] * pieces, (n[-1] + 1) * pieces)\n"
        "        largest = rows[n[:-1]][at] == best[n]\n"
        f"        drows[n[:-1]][at] = dbest[n] * {share}",
    )


MISTAKES = (
    edit(
        "groups interleaved",
        "a group takes channels as far apart as there are groups, not consecutive ones",
        GROUP,
        "groups = best.shape[-1]\n        group = rows[n[:-1]][n[-1] :: groups]",
        PLACE,
        "argmax[n] = n[-1] + groups * np.argmax(group.real)",
    ),
    edit(
        "pieces taken as the number of groups",
        "the output has `pieces` channels instead of C / pieces",
        AXIS,
        f"{AXIS}\n    pieces = x.shape[axis] // pieces or 1",
    ),
    edit(
        "largest of all channels",
        "every group gives the largest of all channels",
        PLACE,
        "argmax[n] = np.argmax(rows[n[:-1]].real)",
    ),
    edit(
        "windows overlap",
        "groups start at every channel instead of every `pieces`-th",
        "first = n[-1] * pieces",
        "first = n[-1]",
    ),
    edit(
        "axis 1 whatever axis says",
        "groups are always taken along axis 1",
        AXIS,
        f"{AXIS}\n    axis = min(1, x.ndim - 1)",
    ),
    edit(
        "last axis whatever axis says",
        "groups are always taken along the last axis",
        AXIS,
        f"{AXIS}\n    axis = x.ndim - 1",
    ),
    edit(
        "largest magnitude",
        "the piece farthest from 0 is taken, with its sign",
        PLACE,
        "argmax[n] = first + np.argmax(np.abs(group.real))",
    ),
    edit(
        "smallest instead of largest",
        "the minimum of each group is taken",
        PLACE,
        PLACE.replace("argmax(g", "argmin(g"),
    ),
    edit(
        "maximum starts at 0",
        "groups of negative values alone give 0",
        BEST,
        f"{BEST}\n        best[n] = best[n] if best[n].real > 0 else 0",
    ),
    edit(
        "last piece left out",
        "the last channel of a group is not looked at",
        GROUP,
        GROUP.replace("first + pieces", "first + max(pieces - 1, 1)"),
    ),
    edit(
        "mean of the group",
        "the pieces are averaged",
        BEST,
        "best[n] = np.mean(group)",
    ),
    edit(
        "sum of the group",
        "the pieces are added up",
        BEST,
        "best[n] = np.sum(group)",
    ),
    edit(
        "place of the maximum returned",
        "the output holds the number of the largest piece instead of its value",
        BEST,
        "best[n] = argmax[n] - first",
    ),
    edit(
        "ties all get the gradient",
        "every piece equal to the maximum of its group gets the whole dout",
        *group_gradient("largest"),
    ),
    edit(
        "ties share the gradient",
        "pieces equal to the maximum of their group get equal parts of dout, PyTorch's first all",
        *group_gradient("(largest / np.sum(largest))"),
    ),
    edit(
        "last of tied maxima",
        "of equal values the last one has the gradient, in PyTorch the first",
        PLACE,
        "argmax[n] = first + len(group) - 1 - np.argmax(group.real[::-1])",
    ),
    edit(
        "gradient to the whole group",
        "every piece gets dout, whether it is the maximum or not",
        *group_gradient("np.ones(largest.shape)"),
    ),
    edit(
        "gradient spread over the group",
        "every piece gets an equal part of dout, as of a mean",
        *group_gradient("np.ones(largest.shape) / pieces"),
    ),
    edit(
        "gradient to the others",
        "the mask is the wrong way round: all but the maximum get dout",
        *group_gradient("~largest"),
    ),
    edit(
        "gradient to the first piece",
        "dout goes to the first channel of the group whichever is the largest",
        ROUTE,
        "drows[n[:-1]][n[-1] * (drows.shape[-1] // dbest.shape[-1])] = dbest[n]",
    ),
    edit(
        "place in the group taken as channel",
        "dout goes to the first group, at the place that its maximum has in its own",
        CACHE,
        CACHE.replace("(argmax,", "(argmax % pieces,"),
    ),
    edit(
        "one mask for all rows",
        "dout of every row goes to where the first row has its maximum",
        ROUTE,
        ROUTE.replace("argmax[n]", "argmax[(0,) * (len(n) - 1) + n[-1:]]"),
    ),
    edit(
        "dout ignored",
        "dx is 1 at the maxima",
        ROUTE,
        ROUTE.replace("dbest[n]", "1"),
    ),
    edit("gradient negated", "dx has the wrong sign", ROUTE, ROUTE.replace("dbest", "-dbest")),
    edit(
        "input changed in place",
        "all pieces of the caller's x but the largest are set to 0",
        CACHE,
        "kept = rows * 0\n"
        "    for n in np.ndindex(best.shape):\n"
        "        kept[n[:-1]][argmax[n]] = best[n]\n"
        f"    rows[...] = kept\n    {CACHE}",
    ),
    edit(
        "dout changed in place",
        "the caller's dout is set to 0 where it has been handed on",
        ROUTE,
        f"{ROUTE}\n        dbest[n] = 0",
    ),
    edit(
        "cache consumed by backward",
        "the places of the maxima are overwritten, so a second backward is wrong",
        DX,
        f"    argmax *= 0\n{DX}",
    ),
    edit(
        "result always float64",
        "float32 inputs give float64 outputs",
        "rows.shape[-1] // pieces), x.dtype)",
        "rows.shape[-1] // pieces), np.result_type(x, np.float64))",
    ),
)

CORNERS: Corners = {
    "one dimension": lambda case: len(case.attributes["shape"]) == 1,
    "four dimensions": lambda case: len(case.attributes["shape"]) == 4,
    "empty": lambda case: 0 in case.attributes["shape"],
    "one group": lambda case: (
        case.attributes["shape"][case.attributes["axis"]] == case.attributes["pieces"]
    ),
    "axis counted from the end": lambda case: case.attributes["axis"] < 0,
    "first of several axes": lambda case: (
        case.attributes["axis"] == 0 and len(case.attributes["shape"]) > 1
    ),
    "ties": lambda case: case.regime == "kinks",
    **each("pieces", (1, 2, 3, 4)),
}

operator = Operator(
    name="maxout",
    source="torch.max",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    differentiable=("x",),
    regimes=("integers", "normal", "kinks", "large", "offset", "rows"),
    kinked=("x",),
    weak_kinks=any_of_the_maxima,
    laws=(
        Law("monotony", "maxout(2 x + 3) = 2 maxout(x) + 3", increasing),
        Law("groups", "channels turned round give outputs turned round", groups_turned),
        Law("pieces", "pieces of a group in another order change nothing", pieces_turned),
        Law("conservation", "dx adds up to dout over each group", conserved, needs_backward=True),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(
        Workload("convolutional maxout", {"shape": (100, 64, 32, 32), "pieces": 2, "axis": 1}),
        Workload("fully connected maxout", {"shape": (128, 1200), "pieces": 5, "axis": 1}),
    ),
)
