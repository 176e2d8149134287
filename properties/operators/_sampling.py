"""Maps read at real positions: how positions are drawn, one-sided slopes, and common mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from properties.case import Attributes
from properties.mistakes import edit
from properties.operator import Arrays, Operator
from properties.oracle import evaluate
from properties.values import Shape, Values

REACHES = ("near", "far")


def draw_positions(values: Values, name: str, shape: Shape, size: int, reach: str) -> np.ndarray:
    """Positions along an axis of `size` elements, in elements, a margin away from the grid lines.

    Near ones lie inside the map (of one element: up to one below it), far ones partly and wholly
    outside as well. Fractions are quarters in `integers`; in `kinks` all positions are whole.
    """
    rng, whole = values.rng(name), values.regime == "kinks"
    if reach == "near":
        start = rng.integers(0, size if whole else max(size - 1, 1), shape)
    else:
        edge = rng.integers(-1, size + whole, shape)
        anywhere = rng.integers(-size - 3, 2 * size + 3, shape)
        start = np.where(rng.random(shape) < 0.25, anywhere, edge)
    if whole:
        return np.asarray(start, np.float64)
    if values.regime == "integers":
        return np.asarray(start + rng.integers(1, 4, shape) / 4)
    return np.asarray(start + rng.uniform(0.125, 0.875, shape))


def off_one_sided(
    operator: Operator,
    attributes: Attributes,
    inputs: Arrays,
    cotangents: Arrays,
    gradients: Mapping[str, Any],
    name: str,
    part: Any = ...,
) -> str | None:
    """What is wrong with a gradient at whole positions, or None.

    Samples are linear between grid lines, so that the slopes on both sides are those half an
    element away; a gradient may be any number between them. Each element of `part` moves one
    axis of one sample.
    """
    if name not in gradients:
        return None
    sides = []
    for half in (-0.5, 0.5):
        moved = inputs[name].copy()
        moved[part] += half
        at_side = evaluate(operator, attributes, {**inputs, name: moved}, cotangents)[1]
        sides.append(at_side[name][part])
    got, low, high = gradients[name][part], np.minimum(*sides), np.maximum(*sides)
    slack = 1e-9 * (1 + np.maximum(abs(low), abs(high)))
    bad = np.argwhere(~((low - slack <= got) & (got <= high + slack)))
    if not len(bad):
        return None
    worst = tuple(bad[0])
    return (
        f"d{name} at a whole position is {got[worst]:.6g}, "
        f"not between the slopes on its two sides, {low[worst]:.6g} and {high[worst]:.6g}"
    )


INSIDE = "inside = 0 <= i < H and 0 <= j < W"
YIELDED = "yield int(i), int(j), wy * wx, dwy * wx, wy * dwx"

MISTAKES = (
    edit(
        "corners by floor and ceil",
        "at a whole position floor and ceil are one corner, which is counted twice",
        "high = low + 1",
        "high = np.ceil(p.real)",
    ),
    edit(
        "positions truncated by int()",
        "negative positions are rounded towards zero, so that the blend there extrapolates",
        "low = np.floor(p.real)",
        "low = np.trunc(p.real)",
    ),
    edit(
        "nearest pixel",
        "the nearest corner is read instead of a blend of four",
        "low = np.floor(p.real)",
        "p = low = np.floor(p.real + 0.5)",
    ),
    edit(
        "weights of the two ends exchanged",
        "the farther corner has the larger weight",
        "return (low, 1 - (p - low), -1), (high, 1 - (high - p), 1)",
        "return (low, 1 - (high - p), -1), (high, 1 - (p - low), 1)",
    ),
    edit(
        "y and x weights exchanged",
        "rows are blended by the fraction of x, columns by that of y",
        "    H, W = size\n    for i, wy, dwy in _ends(y):\n        for j, wx, dwx in _ends(x):",
        "    H, W = size\n"
        "    for (i, *_), (_, wy, dwy) in zip(_ends(y), _ends(x)):\n"
        "        for (j, *_), (_, wx, dwx) in zip(_ends(x), _ends(y)):",
    ),
    edit(
        "partly outside read as 0",
        "a sample with a corner outside the map is 0 instead of the blend of the others",
        "H, W = size",
        "H, W = size\n    if not (0 <= y <= H - 1 and 0 <= x <= W - 1):\n        return",
    ),
    edit(
        "border clamped",
        "corners outside read the nearest pixel of the border instead of 0",
        "            if inside:\n                yield int(i), int(j),",
        "            if True:\n"
        "                yield int(min(max(i, 0), H - 1)), int(min(max(j, 0), W - 1)),",
    ),
    edit(
        "negative corners wrap round",
        "a corner above or left of the map is an index from its end, as NumPy reads -1",
        INSIDE,
        "inside = -H <= i < H and -W <= j < W",
    ),
    edit(
        "last row and column left out",
        "the bounds test asks for less than size - 1",
        INSIDE,
        "inside = 0 <= i < H - 1 and 0 <= j < W - 1",
    ),
    edit(
        "map taken as square",
        "rows and columns are both tested against the shorter side",
        INSIDE,
        "inside = 0 <= i < min(H, W) and 0 <= j < min(H, W)",
    ),
    edit(
        "half a pixel off",
        "pixel centres are taken to lie at one half, as in image resizing",
        "H, W = size",
        "H, W = size\n    y, x = y - 0.5, x - 0.5",
    ),
    edit(
        "slope without the other axis's weight",
        "the gradient of a position adds up both columns (or rows) instead of blending them",
        YIELDED,
        YIELDED.replace("dwy * wx, wy * dwx", "dwy, dwx"),
    ),
)
