"""Cases with two arrays of boxes, laws of them, and the mistakes of intersection over union."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from properties.case import Attributes, Case
from properties.mistakes import Mistake, edit
from properties.operator import Arrays, Corners, Law, Pairs
from properties.operators._corners import each
from properties.values import Values

REGIMES = ("integers", "normal", "large", "offset")
MEETING = ("any", "same", "inside", "touching", "beside", "apart", "flat")
"""How the boxes of the second array lie to those of the first.

`beside` is apart in one axis alone, `touching` at the same place but for a side that both share,
and `flat` boxes have no area.
"""


def two_arrays(at: Attributes, values: Values, first: int, second: int) -> Arrays:
    """Corners (first, 4) and (second, 4); boxes of the first array always have an area."""
    boxes1 = _drawn(values, "boxes1", first)
    boxes2 = _drawn(values, "boxes2", second)
    meeting = at["meeting"]
    if meeting == "flat":
        side = values.rng("side").integers(0, 2, second)
        boxes2[np.arange(second), side + 2] = boxes2[np.arange(second), side]
    elif meeting != "any" and first:
        boxes2 = _placed(boxes1[np.arange(second) % first], meeting)
    return {"boxes1": _sized(values, boxes1), "boxes2": _sized(values, boxes2)}


def _drawn(values: Values, name: str, count: int) -> np.ndarray:
    rng = values.rng(name)
    corners, sides = rng.uniform(-3, 3, (count, 2)), rng.uniform(0.5, 4, (count, 2))
    if values.regime == "integers":
        corners, sides = np.round(corners) + 0.0, np.ceil(sides)  # no -0
    return np.concatenate([corners, corners + sides], axis=1)


def _placed(boxes: np.ndarray, meeting: str) -> np.ndarray:
    sides = boxes[:, 2:] - boxes[:, :2]
    if meeting == "inside":
        return np.concatenate([boxes[:, :2] + sides / 4, boxes[:, 2:] - sides / 4], axis=1)
    move = {"same": (0, 0), "touching": (1, 0), "beside": (0, 2), "apart": (2, 2)}[meeting]
    return boxes + np.tile(sides * move, 2)


def _sized(values: Values, boxes: np.ndarray) -> np.ndarray:
    """Boxes of the regime's size and place, the same in both arrays."""
    rng = values.rng("size")
    if values.regime == "large":
        return boxes * 10.0 ** rng.uniform(-3, 4)
    if values.regime == "offset":
        return boxes + rng.choice((-1, 1)) * 1000.0
    return boxes


CORNERS: Corners = each("meeting", MEETING)


def laws(output: str, exchanged: Callable[[np.ndarray], np.ndarray]) -> tuple[Law, ...]:
    """Laws of both operators; `exchanged` is the result where both arrays are exchanged."""

    def both(inputs: Arrays, change: Callable[[np.ndarray], np.ndarray]) -> Arrays:
        return {name: change(boxes) for name, boxes in inputs.items()}

    def symmetry(run: Any, case: Case, inputs: Arrays) -> Pairs:
        turned = {"boxes1": inputs["boxes2"], "boxes2": inputs["boxes1"]}
        yield output, run(turned)[output], exchanged(run(inputs)[output])

    def shift(run: Any, case: Case, inputs: Arrays) -> Pairs:
        moved = both(inputs, lambda boxes: boxes + np.array([2.0, -3.0, 2.0, -3.0]))
        yield output, run(moved)[output], run(inputs)[output]

    def scale(run: Any, case: Case, inputs: Arrays) -> Pairs:
        scaled = both(inputs, lambda boxes: boxes * np.array([2.0, 0.5, 2.0, 0.5]))
        yield output, run(scaled)[output], run(inputs)[output]

    def reflection(run: Any, case: Case, inputs: Arrays) -> Pairs:
        reflected = both(inputs, lambda boxes: boxes[:, [1, 0, 3, 2]].copy())
        yield output, run(reflected)[output], run(inputs)[output]

    def bounds(run: Any, case: Case, inputs: Arrays) -> Pairs:
        found = run(inputs)[output]
        yield output, found, np.clip(found, 0, 1)

    return (
        Law("symmetry", "which of two boxes comes first changes nothing", symmetry),
        Law("shift", "boxes moved alike share as much", shift),
        Law("scale", "boxes twice as wide and half as high share as much", scale),
        Law("reflection", "x and y exchanged change nothing", reflection),
        Law("bounds", "shares are from 0 to 1", bounds),
    )


WIDTH = "width = max(min(x2, u2) - max(x1, u1), 0)"
HEIGHT = "height = max(min(y2, v2) - max(y1, v1), 0)"
SHARED = "shared = width * height"
AREA1, AREA2 = "(x2 - x1) * (y2 - y1)", "(u2 - u1) * (v2 - v1)"
UNION = f"union = {AREA1} + {AREA2} - shared"
SHARE = "shared / union if shared else 0"
HULL = "(max(x2, u2) - min(x1, u1)) * (max(y2, v2) - min(y1, v1))"


def mistakes(check: str) -> tuple[Mistake, ...]:
    """Mistakes of one pair; `check` is the line in which the naive path checks its arguments."""

    def read_as(corners: str) -> str:
        return f"{check}\n    boxes1, boxes2 = ({corners} for b in (boxes1, boxes2))"

    return (
        edit(
            "1 added to widths and heights",
            "sides are counted in whole pixels, both ends included",
            WIDTH,
            "width = max(min(x2, u2) - max(x1, u1) + 1, 0)",
            HEIGHT,
            "height = max(min(y2, v2) - max(y1, v1) + 1, 0)",
            UNION,
            "union = (x2 - x1 + 1) * (y2 - y1 + 1) + (u2 - u1 + 1) * (v2 - v1 + 1) - shared",
        ),
        edit(
            "1 added to the sides of the intersection only",
            "both ends are included in what is shared, and not in the areas",
            WIDTH,
            "width = max(min(x2, u2) - max(x1, u1) + 1, 0)",
            HEIGHT,
            "height = max(min(y2, v2) - max(y1, v1) + 1, 0)",
        ),
        edit(
            "negative sides not cut off",
            "two boxes apart in both axes share the product of two negative sides",
            WIDTH,
            "width = min(x2, u2) - max(x1, u1)",
            HEIGHT,
            "height = min(y2, v2) - max(y1, v1)",
        ),
        edit(
            "negative width not cut off",
            "boxes beside each other share less than nothing",
            WIDTH,
            "width = min(x2, u2) - max(x1, u1)",
        ),
        edit(
            "absolute value of the sides",
            "boxes apart share the gap between them",
            WIDTH,
            "width = abs(min(x2, u2) - max(x1, u1))",
            HEIGHT,
            "height = abs(min(y2, v2) - max(y1, v1))",
        ),
        edit(
            "largest and smallest corner exchanged",
            "the box around both is taken for the intersection",
            WIDTH,
            "width = max(x2, u2) - min(x1, u1)",
            HEIGHT,
            "height = max(y2, v2) - min(y1, v1)",
        ),
        edit(
            "larger far corner",
            "what two boxes share ends where the larger of both ends",
            WIDTH,
            "width = max(max(x2, u2) - max(x1, u1), 0)",
            HEIGHT,
            "height = max(max(y2, v2) - max(y1, v1), 0)",
        ),
        edit(
            "(x, y, w, h) read",
            "the last two numbers are taken for width and height",
            check,
            read_as("np.concatenate([b[:, :2], b[:, :2] + b[:, 2:]], axis=1)"),
        ),
        edit(
            "(cx, cy, w, h) read",
            "the numbers are taken for centre, width and height",
            check,
            read_as("np.concatenate([b[:, :2] - b[:, 2:] / 2, b[:, :2] + b[:, 2:] / 2], axis=1)"),
        ),
        edit(
            "(x1, x2, y1, y2) read",
            "the second number is taken for the right side",
            check,
            read_as("b[:, [0, 2, 1, 3]]"),
        ),
        edit(
            "intersection not subtracted",
            "what is shared counts twice in the union",
            UNION,
            UNION.replace(" - shared", ""),
        ),
        edit(
            "over the smaller box",
            "what is shared is divided by the smaller area",
            UNION,
            f"union = min({AREA1}, {AREA2})",
        ),
        edit(
            "over the first box",
            "what is shared is divided by the first area",
            UNION,
            f"union = {AREA1}",
        ),
        edit(
            "over the box around both",
            "what is shared is divided by the area of the box around both",
            UNION,
            f"union = {HULL}",
        ),
        edit(
            "Dice coefficient",
            "twice what is shared is divided by the sum of the areas",
            UNION,
            f"union = ({AREA1} + {AREA2}) / 2",
        ),
        edit(
            "generalised",
            "boxes apart get a negative number, by the box around both (GIoU)",
            SHARE,
            f"shared / union - 1 + union / ({HULL})",
        ),
        edit("distance", "1 - IoU is given, as in a loss", SHARE, "1 - shared / union"),
        edit(
            "height taken for width",
            "what is shared is a square of the width",
            SHARED,
            "shared = width * width",
        ),
        edit(
            "small constant in the denominator",
            "1e-6 is added so that nothing is divided by 0, which moves every result",
            SHARE,
            "shared / (union + 1e-6)",
        ),
        edit("percent", "shares are percentages", SHARE, "100 * shared / union if shared else 0"),
        edit("hit or miss", "shares are rounded to 0 or 1", SHARE, "float(2 * shared > union)"),
        edit(
            "corners rounded to pixels",
            "corners are whole numbers",
            check,
            read_as("np.round(b)"),
        ),
        edit(
            "corners cut off at 0",
            "what is left of the image, or above it, does not count",
            check,
            read_as("np.maximum(b, 0)"),
        ),
        edit(
            "computed in float16",
            "corners are rounded to half precision",
            check,
            read_as("b.astype(np.float16).astype(b.dtype)"),
        ),
        edit(
            "boxes changed in place",
            "corners are turned into widths and heights in the caller's arrays",
            check,
            f"{check}\n    boxes1, given = boxes1.copy(), boxes1\n    given[:, 2:] -= given[:, :2]",
        ),
    )
