"""multi_scale: strategy over scales, oracle, laws and mistakes.

Images are made larger until rounding decides nothing: neither whether a scaled length is a whole
number, nor, in the nearest modes, which pixel is taken.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs
from properties.operators._corners import each
from properties.operators.resize_image import inputs, unrounded
from properties.operators.resize_image import oracle as resized
from reference._image_arguments import RESIZING

Scales = tuple[float, float, float]
SCALES: tuple[Scales, ...] = (
    (0.5, 0.75, 1.5),
    (1.5, 1.0, 0.5),
    (0.75, 1.25, 2.0),
    (1.0, 0.5, 0.25),
    (0.7, 1.3, 0.4),
    (0.3, 0.3, 2.0),
    (2.0, 1.7, 0.6),
)
NAMES = ("first", "second", "third")


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    mode = draw(domain.choice("mode", (*4 * ["bilinear"], "nearest", "nearest-exact")))
    scales = draw(domain.choice("scales", SCALES))
    rows, columns = draw(domain.pair("image", 1, 6))
    return {
        "lead": draw(domain.choice("lead", ((1,), (2,), (), (2, 2), (1,), (), (0,)))),
        "channels": draw(domain.choice("channels", (1, 3, 2))),
        "image": (clear(rows, scales, mode), clear(columns, scales, mode)),
        "scales": scales,
        "mode": mode,
        "align_corners": mode == "bilinear"
        and draw(domain.choice("align_corners", (False, False, True))),
    }


def clear(length: int, scales: Scales, mode: str) -> int:
    """The first length from `length` on at which nothing hangs on rounding."""
    return next(n for n in itertools.count(length) if all(is_clear(n, s, mode) for s in scales))


def is_clear(length: int, scale: float, mode: str) -> bool:
    scaled = length * scale
    if not (4 * scale).is_integer() and abs(scaled - round(scaled)) < 1e-6:
        return False
    return mode == "bilinear" or unrounded(length, scaled_length(length, scale), mode)


def scaled_length(length: int, scale: float) -> int:
    return max(math.floor(length * scale), 1)


def sizes(at: Attributes) -> list[tuple[int, int]]:
    rows, columns = at["image"]
    return [(scaled_length(rows, s), scaled_length(columns, s)) for s in at["scales"]]


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    return {
        name: resized(tensors, {**at, "size": size})["out"]
        for name, size in zip(NAMES, sizes(at), strict=True)
    }


def exchanged(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Scales in the other order give the same images in the other order."""
    out, other = run(inputs), run(inputs, scales=case.attributes["scales"][::-1])
    for name, same in zip(NAMES, NAMES[::-1], strict=True):
        yield f"{name} of the scales reversed", other[name], out[same]


def whole(run: Any, case: Case, inputs: Arrays) -> Pairs:
    for name, out in run(inputs, scales=(1.0, 1.0, 1.0)).items():
        yield f"{name} at a scale of 1", out, inputs["x"]


def constant(run: Any, case: Case, inputs: Arrays) -> Pairs:
    for name, out in run({"x": np.full_like(inputs["x"], 3.0)}).items():
        yield f"{name} of a constant image", out, np.full(out.shape, 3.0)


SIZES = "sizes, align_corners = check_multi_scale(x, scales, mode, align_corners)"
EACH = "image, _ = resize_image_forward(x, size=size, mode=mode, align_corners=align_corners)"
KEPT = "images.append(image)"
RETURN = "return first, second, third"


def of_sizes(rows: str, columns: str) -> str:
    """The line that computes the sizes, and then other ones, at least 1."""
    return f"""{SIZES}
    H, W = x.shape[-2:]
    sizes = [(max(int({rows}), 1), max(int({columns}), 1)) for s in scales]"""


MISTAKES = (
    edit(
        "original: the image before resized",
        "each scale is taken of the image that the scale before gave, not of the original",
        KEPT,
        f"{KEPT}\n        x = image",
    ),
    edit(
        "original: scales multiplied",
        "each scale counts from the size of the one before",
        SIZES,
        f"scales = np.cumprod(scales).tolist()\n    {SIZES}",
    ),
    edit(
        "original: blurred on the way",
        "images are made as large as the original again before they are scaled",
        EACH,
        "x = resize_image_forward(x, size=images[-1].shape[-2:])[0] if images else x\n        "
        + EACH,
    ),
    edit(
        "sizes: rounded",
        "a size is the nearest whole number, not the one below",
        SIZES,
        of_sizes("H * s + 0.5", "W * s + 0.5"),
    ),
    edit(
        "sizes: rounded up",
        "a part of a row makes one more",
        SIZES,
        of_sizes("-(-H * s // 1)", "-(-W * s // 1)"),
    ),
    edit(
        "sizes: rows for both",
        "the image becomes a square",
        SIZES,
        of_sizes("H * s", "H * s"),
    ),
    edit(
        "sizes: height and width exchanged",
        "the result is as wide as it should be high",
        SIZES,
        of_sizes("W * s", "H * s"),
    ),
    edit(
        "sizes: height alone scaled",
        "the result is as wide as the image",
        SIZES,
        of_sizes("H * s", "W"),
    ),
    edit(
        "sizes: divided by the scale",
        "scales are taken for how many times smaller the image becomes",
        SIZES,
        of_sizes("H / s", "W / s"),
    ),
    edit(
        "sizes: whole scales",
        "scales are rounded before they are used",
        SIZES,
        of_sizes("H * max(round(s), 1)", "W * max(round(s), 1)"),
    ),
    edit(
        "sizes: one row less",
        "where the size is no whole number, or is one, a row is left out",
        SIZES,
        of_sizes("H * s - 1", "W * s - 1"),
    ),
    edit(
        "sizes: never larger than the image",
        "scales above 1 give the image",
        SIZES,
        of_sizes("H * min(s, 1)", "W * min(s, 1)"),
    ),
    edit(
        "sizes: channels and rows scaled",
        "the axes are counted from the front, as if channels came last",
        SIZES,
        f"{SIZES}\n    sizes = [(max(int(x.shape[-3] * s), 1), size[0]) "
        "for s, size in zip(scales, sizes)]",
    ),
    edit(
        "order: smallest first",
        "images come in the order of their sizes, not in that of the scales",
        SIZES,
        f"{SIZES}\n    sizes = sorted(sizes)",
    ),
    edit(
        "order: reversed",
        "the first image is that of the last scale",
        RETURN,
        "return third, second, first",
    ),
    edit(
        "last scale forgotten",
        "the last image is that of the scale before",
        RETURN,
        "return first, second, second.copy()",
    ),
    edit(
        "first scale for all",
        "every image is of one size",
        RETURN,
        "return first, first.copy(), first.copy()",
    ),
    edit(
        "first is the original",
        "a pyramid begins with the image, whatever the first scale is",
        RETURN,
        "return x.copy(), second, third",
    ),
    edit(
        "smaller by every nth pixel",
        "where an image shrinks pixels are taken, and nothing is blended",
        EACH,
        'm = "nearest" if size < x.shape[-2:] else mode\n'
        "        aligned = align_corners and m == mode\n"
        "        image, _ = resize_image_forward(x, size=size, mode=m, align_corners=aligned)",
    ),
    edit(
        "mode ignored",
        "images are blended whatever mode says",
        EACH,
        EACH.replace("mode=mode, ", ""),
    ),
    edit(
        "align_corners ignored",
        "middles of pixels are mapped whatever align_corners says",
        EACH,
        EACH.replace(", align_corners=align_corners", ""),
    ),
    edit(
        "corners aligned always",
        "the first pixel comes from the first and the last from the last, unasked",
        EACH,
        EACH.replace("=align_corners", '=mode == "bilinear"'),
    ),
    edit(
        "values multiplied by the scale",
        "an image is as much brighter as it is larger",
        KEPT,
        "images.append(image * np.asarray(scales[len(images)], image.dtype))",
    ),
    edit(
        "input changed in place",
        "the caller's image is scaled where it stands",
        RETURN,
        f"x *= 0.5\n    {RETURN}",
    ),
    edit(
        "result always float64",
        "float32 images become float64",
        KEPT,
        "images.append(image.astype(np.float64))",
    ),
    edit(
        "computed in float16",
        "numbers are rounded to half precision",
        KEPT,
        "images.append(image.astype(np.float16).astype(image.dtype))",
    ),
)

CORNERS: Corners = {
    **each("mode", RESIZING),
    **each("scales", SCALES),
    "corners aligned": lambda case: case.attributes["align_corners"],
    "no image": lambda case: case.attributes["lead"] == (0,),
    "a size that is cut": lambda case: any(
        length * s % 1 for length in case.attributes["image"] for s in case.attributes["scales"]
    ),
    "less than one row": lambda case: (
        case.attributes["image"][0] * min(case.attributes["scales"]) < 1
    ),
    "no square": lambda case: len(set(case.attributes["image"])) == 2,
}

operator = Operator(
    name="multi_scale",
    source="torch.nn.functional.interpolate",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=NAMES,
    regimes=("integers", "normal", "large", "offset", "rows"),
    laws=(
        Law("order", "images come in the order of the scales", exchanged),
        Law("whole", "at a scale of 1 nothing changes", whole),
        Law("partition of unity", "a constant image stays constant", constant),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
