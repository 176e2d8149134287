"""resize_image: strategy over sizes and modes, oracle, laws and mistakes.

In the nearest modes sizes are moved on until rounding decides nothing: what is a whole number, or
a half where halves are rounded, is that in every order of the arithmetic, in float32 as well.
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
from properties.operators._corners import each
from properties.operators._images import SIZES
from properties.values import Values
from reference._image_arguments import RESIZING

Size = tuple[int, int]


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    mode = draw(domain.choice("mode", (*4 * ["bilinear"], "nearest", "nearest-exact")))
    bilinear = mode == "bilinear"
    image = draw(domain.pair("image", 1, 6))
    size = draw(domain.pair("size", 1, 9))
    return {
        "lead": draw(domain.choice("lead", ((1,), (2,), (), (2, 2), (1,), (), (0,)))),
        "channels": draw(domain.choice("channels", (1, 3, 2))),
        "image": image,
        "size": size if bilinear else clear(image, size, mode),
        "mode": mode,
        "align_corners": bilinear and draw(domain.choice("align_corners", (False, False, True))),
    }


def clear(image: Size, size: Size, mode: str) -> Size:
    """The first size from `size` on at which nothing hangs on rounding."""
    rows, columns = (
        next(
            m for m in range(new, new + length + 1) if m % length == 0 or unrounded(length, m, mode)
        )
        for length, new in zip(image, size, strict=True)
    )
    return rows, columns


def unrounded(length: int, new: int, mode: str) -> bool:
    """Whether the pixels of an axis are the same in several orders of the arithmetic."""
    half = 0.0 if mode == "nearest" else 0.5
    places = np.arange(new) + half
    exact = (2 * np.arange(new) + int(2 * half)) * length // (2 * new)
    ways = (
        places * (length / new),
        places / (new / length),
        places.astype(np.float32) * np.float32(length / new),
        places.astype(np.float32) / np.float32(new / length),
    )
    return all(np.array_equal(np.floor(way), exact) for way in ways)


def inputs(at: Attributes, values: Values) -> Arrays:
    return {"x": values.spaced("x", (*at["lead"], at["channels"], *at["image"]))}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.functional import interpolate

    x, lead = tensors["x"], at["lead"]
    images = x.reshape(math.prod(lead), *x.shape[-3:])
    aligned = {"align_corners": at["align_corners"]} if at["mode"] == "bilinear" else {}
    out = interpolate(images, at["size"], mode=at["mode"], **aligned)
    return {"out": out.reshape(*lead, *out.shape[1:])}


def same_size(run: Any, case: Case, inputs: Arrays) -> Pairs:
    yield "out at the size of x", run(inputs, size=case.attributes["image"])["out"], inputs["x"]


def transposed(run: Any, case: Case, inputs: Arrays) -> Pairs:
    x = np.ascontiguousarray(inputs["x"].swapaxes(-1, -2))
    out = run({"x": x}, size=case.attributes["size"][::-1])["out"]
    yield "out of the transposed image", out, run(inputs)["out"].swapaxes(-1, -2)


def symmetric(case: Case) -> bool:
    """Not where pixels are looked for from one side, as with one of two aligned corners."""
    one_of_two = case.attributes["align_corners"] and 1 in case.attributes["size"]
    return case.attributes["mode"] == "bilinear" and not one_of_two


def mirrored(run: Any, case: Case, inputs: Arrays) -> Pairs:
    x = np.ascontiguousarray(inputs["x"][..., ::-1, ::-1])
    yield "out of x turned by half", run({"x": x})["out"], run(inputs)["out"][..., ::-1, ::-1]


def constant(run: Any, case: Case, inputs: Arrays) -> Pairs:
    out = run({"x": np.full_like(inputs["x"], 3.0)})["out"]
    yield "out of a constant image", out, np.full(out.shape, 3.0)


def each_channel(run: Any, case: Case, inputs: Arrays) -> Pairs:
    x = np.ascontiguousarray(inputs["x"][..., -1:, :, :])
    yield "out of the last channel alone", run({"x": x})["out"], run(inputs)["out"][..., -1:, :, :]


def conserved(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """The shares of a pixel of the result add up to one."""
    out = run(inputs)["out"]
    dout = np.asarray(Values("normal", case.seed, 1).array("dout", out.shape))
    gradients = run.gradients(inputs, {"out": dout})
    if isinstance(gradients.get("x"), np.ndarray):
        yield "sum of dx", np.asarray(gradients["x"].sum()), np.asarray(dout.sum())


SIZE = "H, W = x.shape[-2:]\n    out ="
OUT = "out = np.zeros((*x.shape[:-2], *size), x.dtype)"
ADDED = "out[..., i, j] += down * right * x[..., row, column]"
RETURN = "return out, (x.shape, x.dtype, size, mode, align_corners)"
DX_ADDED = "dx[..., row, column] += down * right * dout[..., i, j]"
DX_RETURN = "return dx\n"
NEAREST = "return [(i * length // new, 1.0)]"
EXACT = "return [((2 * i + 1) * length // (2 * new), 1.0)]"
ALIGN = "if align_corners:"
ALIGNED = "place = i * (length - 1) / max(new - 1, 1)"
PLACE = "place = max((i + 0.5) * length / new - 0.5, 0.0)"
PART = "part = place - low"
BLEND = "return [(low, 1 - part), (min(low + 1, length - 1), part)]"

MISTAKES = (
    edit(
        "positions: corners aligned always",
        "the first pixel comes from the first and the last from the last, unasked",
        ALIGN,
        "if True:",
    ),
    edit(
        "positions: align_corners ignored",
        "middles of pixels are mapped whatever align_corners says",
        ALIGN,
        "if False:",
    ),
    edit(
        "positions: half a pixel forgotten",
        "element i comes from i * length / new: corners are mapped, not middles",
        PLACE,
        "place = min(i * length / new, length - 1)",
    ),
    edit(
        "positions: half a pixel not taken off again",
        "the middle of a pixel is taken for its number",
        PLACE,
        "place = min((i + 0.5) * length / new, length - 1)",
    ),
    edit(
        "positions: corners aligned with one element too many",
        "the last element does not come from the last",
        ALIGNED,
        "place = i * (length - 1) / new",
    ),
    edit(
        "positions: whole steps",
        "the ratio of the sizes is rounded down",
        PLACE,
        "place = min(i * max(length // new, 1), length - 1)",
    ),
    edit(
        "axes: number of rows for both",
        "columns are looked for as if there were as many as rows",
        "columns = _sources(j, W, size[1], mode, align_corners)\n"
        "        for (row, down), (column, right) in itertools.product(rows, columns):\n"
        "            out",
        "columns = [\n"
        "            (min(column, W - 1), part)\n"
        "            for column, part in _sources(j, H, size[0], mode, align_corners)\n"
        "        ]\n"
        "        for (row, down), (column, right) in itertools.product(rows, columns):\n"
        "            out",
    ),
    edit(
        "axes: size taken as (width, height)",
        "the result is as wide as it should be high",
        SIZE,
        f"size = size[::-1]\n    {SIZE}",
    ),
    edit(
        "axes: rows and columns exchanged",
        "the result is transposed",
        ADDED,
        ADDED.replace("out[..., i, j]", "out.swapaxes(-1, -2)[..., i, j]"),
        OUT,
        OUT.replace("*size)", "*size[::-1])"),
    ),
    edit(
        "axes: result of a square",
        "the result has as many columns as rows",
        SIZE,
        f"size = (size[0], size[0])\n    {SIZE}",
    ),
    edit(
        "axes: rows alone resized",
        "columns are taken as they are, the last one again beyond the edge",
        ADDED,
        ADDED.replace("column]", "min(j, W - 1)]"),
    ),
    edit(
        "axes: channels last",
        "the first of the three axes is taken for the rows, and the second for the columns",
        SIZE,
        "if len(x.shape) == 3:\n"
        "        x = np.ascontiguousarray(np.moveaxis(x, 0, -1))\n    " + SIZE,
    ),
    edit(
        "border: black",
        "beyond the edge the image is 0",
        PLACE,
        PLACE.replace("max((i + 0.5) * length / new - 0.5, 0.0)", "(i + 0.5) * length / new - 0.5"),
        BLEND,
        "ends = [(low, 1 - part), (low + 1, part)]\n"
        "    return [(k, p) for k, p in ends if 0 <= k < length]",
    ),
    edit(
        "border: wraps round",
        "beyond the last element comes the first, and before the first the last",
        PLACE,
        PLACE.replace("max((i + 0.5) * length / new - 0.5, 0.0)", "(i + 0.5) * length / new - 0.5"),
        BLEND,
        "return [(low % length, 1 - part), ((low + 1) % length, part)]",
    ),
    edit(
        "border: drawn out",
        "beyond the edge the slope at the edge goes on",
        PLACE,
        PLACE.replace("max((i + 0.5) * length / new - 0.5, 0.0)", "(i + 0.5) * length / new - 0.5"),
        PART,
        "low = max(min(low, length - 2), 0)\n    " + PART,
    ),
    edit(
        "border: last row and column never reached",
        "positions are clamped to length - 2",
        PLACE,
        "place = min(max((i + 0.5) * length / new - 0.5, 0.0), max(length - 2, 0))",
    ),
    edit(
        "blend: weights exchanged",
        "the nearer pixel has the smaller weight",
        BLEND,
        "return [(low, part), (min(low + 1, length - 1), 1 - part)]",
    ),
    edit(
        "blend: halves",
        "the pixels around are averaged wherever between them the place is",
        PART,
        "part = 0.5 if place > low else 0.0",
    ),
    edit(
        "blend: the nearest alone",
        "bilinear takes the nearest pixel",
        PART,
        "part = float(round(place - low))",
    ),
    edit(
        "blend: assigned, not added up",
        "the last of the four pixels is left",
        ADDED,
        ADDED.replace("+=", "="),
    ),
    edit(
        "mode: nearest rounds",
        "the place is rounded to the nearest number, not down",
        NEAREST,
        "return [(min(round(i * length / new), length - 1), 1.0)]",
    ),
    edit(
        "mode: nearest looks from the middles",
        "nearest is what nearest-exact should be",
        NEAREST,
        EXACT,
    ),
    edit(
        "mode: nearest-exact looks from the corners",
        "nearest-exact is what nearest should be",
        EXACT,
        NEAREST,
    ),
    edit(
        "mode: nearest with aligned corners",
        "the last element comes from the last, rounded down between",
        NEAREST,
        "return [(i * (length - 1) // max(new - 1, 1), 1.0)]",
    ),
    edit(
        "mode: bilinear whatever it says",
        "nearest blends as well",
        'if mode == "nearest":',
        "if False:",
    ),
    edit(
        "shrinking: averaged",
        "where an axis shrinks, an element is the mean of those that it covers",
        PLACE,
        "if length > new:\n"
        "            covered = range(i * length // new, -(-(i + 1) * length // new))\n"
        "            return [(k, 1 / len(covered)) for k in covered]\n"
        f"        {PLACE}",
    ),
    edit(
        "size: never larger than the image",
        "an image that should grow stays as it is",
        SIZE,
        f"size = (min(size[0], x.shape[-2]), min(size[1], x.shape[-1]))\n    {SIZE}",
    ),
    edit(
        "last row and column missing",
        "the loop ends before the last row and column of the result",
        ADDED,
        ADDED + " * (i + 1 < max(size[0], 2)) * (j + 1 < max(size[1], 2))",
    ),
    edit(
        "channels: all like the first",
        "the first channel is resized into all",
        ADDED,
        ADDED.replace("x[..., row, column]", "x[..., :1, row, column]"),
    ),
    edit(
        "values rounded",
        "numbers are taken for bytes, and rounded to whole ones",
        RETURN,
        f"out = np.rint(out.real).astype(x.dtype)\n    {RETURN}",
    ),
    edit(
        "gradient assigned instead of added",
        "a pixel that several of the result take keeps the last one's share",
        DX_ADDED,
        DX_ADDED.replace("+=", "="),
    ),
    edit(
        "gradient not weighted",
        "each pixel gets the whole of dout",
        DX_ADDED,
        DX_ADDED.replace("down * right * ", ""),
    ),
    edit(
        "gradient to one pixel only",
        "the upper left of the four pixels gets everything",
        DX_ADDED,
        "dx[..., rows[0][0], columns[0][0]] += down * right * dout[..., i, j]",
    ),
    edit(
        "gradient averaged",
        "the gradient is divided by how many pixels of the result there are of one",
        DX_RETURN,
        "return dx * (H * W / (size[0] * size[1]))\n",
    ),
    edit(
        "gradient resized back",
        "dout is resized to the size of x, as if that undid it",
        DX_RETURN,
        "return resize_image_forward(\n"
        "        dout, size=(H, W), mode=mode, align_corners=align_corners\n    )[0]\n",
    ),
    edit(
        "input changed in place",
        "the caller's image is scaled where it stands",
        RETURN,
        f"x *= 0.5\n    {RETURN}",
    ),
    edit(
        "dout changed in place",
        "backward scales the caller's dout where it stands",
        DX_RETURN,
        f"dout *= 0.5\n    {DX_RETURN}",
    ),
    edit(
        "result always float64",
        "float32 images become float64",
        OUT,
        "out = np.zeros((*x.shape[:-2], *size), np.promote_types(x.dtype, np.float64))",
    ),
    edit(
        "accumulated in float16",
        "the shares of the pixels are rounded to half precision",
        ADDED,
        "out[..., i, j] += (down * right * x[..., row, column]).real.astype(np.float16)",
    ),
)

CORNERS: Corners = {
    **SIZES,
    **each("mode", RESIZING),
    "corners aligned": lambda case: case.attributes["align_corners"],
    "no image": lambda case: case.attributes["lead"] == (0,),
    "no leading axis": lambda case: case.attributes["lead"] == (),
    "larger": lambda case: case.attributes["size"] > case.attributes["image"],
    "smaller": lambda case: case.attributes["size"] < case.attributes["image"],
    "rows grow and columns shrink": lambda case: (
        case.attributes["size"][0] > case.attributes["image"][0]
        and case.attributes["size"][1] < case.attributes["image"][1]
    ),
}

operator = Operator(
    name="resize_image",
    source="torch.nn.functional.interpolate",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    differentiable=("x",),
    regimes=("integers", "normal", "large", "offset", "rows"),
    laws=(
        Law("same size", "at the size of the image nothing changes", same_size),
        Law("transposition", "rows and columns exchanged everywhere", transposed),
        Law(
            "half a turn",
            "what is turned by half is so afterwards",
            mirrored,
            applies=symmetric,
        ),
        Law("partition of unity", "a constant image stays constant", constant),
        Law("channels", "a channel knows nothing of the others", each_channel),
        Law(
            "conservation",
            "the whole gradient is handed to the image",
            conserved,
            needs_backward=True,
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(
        Workload(
            "photo halved",
            {
                **{"lead": (1,), "channels": 3, "image": (64, 96), "size": (32, 48)},
                **{"mode": "bilinear", "align_corners": False},
            },
        ),
        Workload(
            "features doubled",
            {
                **{"lead": (2,), "channels": 16, "image": (20, 30), "size": (40, 60)},
                **{"mode": "bilinear", "align_corners": True},
            },
        ),
    ),
)
