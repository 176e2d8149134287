"""rotate_image: strategy over angles, sizes and centres, oracle, laws and mistakes.

Angles are moved on until right code agrees on every pixel: in "nearest" none lies near the border
between two, and with `expand` no corner near the border of a row or column. In "bilinear" images
have a black frame of one pixel: beside it torchvision counts what lies outside twice where a fill
is given, and once where none is.
"""

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
from properties.operator import Arrays, Corners, Law, Operator, Pairs
from properties.operators._corners import each
from properties.operators._images import SIZES
from properties.values import Values
from reference._image_arguments import INTERPOLATIONS

ANGLES = (30.0, 90.0, -45.0, 180.0, 10.0, -90.0, 135.0, 0.0, 200.0, 270.0, -60.0, 405.0, 3.0)
FILLS = (0.5, 0.0, -1.0)
MARGIN, STEP = 0.004, 0.37
Size = tuple[int, int]
Center = tuple[float, float]


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    interpolation = draw(domain.choice("interpolation", INTERPOLATIONS))
    framed = interpolation == "bilinear"
    size = draw(domain.pair("size", *((3, 7) if framed else (1, 6))))
    expand = draw(domain.boolean("expand"))
    center = None
    if not expand and draw(domain.choice("centered", (False, True, True))):
        rows, columns = (st.sampled_from((0.0, 1.5, n / 2, n - 0.75, 2.0, n)) for n in size)
        center = (float(draw(columns)), float(draw(rows)))
    angle = draw(domain.choice("angle", ANGLES))
    return {
        "lead": draw(domain.choice("lead", ((1,), (2,), (), (2, 2), (0,)))),
        "channels": draw(domain.choice("channels", (1, 3, 2))),
        "size": size,
        "angle": clear(angle, interpolation, size, expand, center),
        "interpolation": interpolation,
        "expand": expand,
        "center": center,
        "fill": draw(domain.choice("fill", FILLS)),
    }


def clear(
    angle: float, interpolation: str, size: Size, expand: bool, center: Center | None
) -> float:
    """The first angle from `angle` on, in steps, at which nothing hangs on rounding."""
    nearest = interpolation == "nearest"
    while (expand and not off_borders(corners(angle, size)) and angle % 90) or (
        nearest and not off_borders(borders(angle, size, expand, center))
    ):
        angle = round(angle + STEP, 2)
    return angle


def off_borders(places: np.ndarray) -> bool:
    """Whether no place is close to a whole number."""
    return bool((abs(places - np.rint(places)) > MARGIN).all())


def corners(angle: float, size: Size) -> np.ndarray:
    """The lowest and the rightmost corner of a turned image, from its upper left corner."""
    cos, sin = abs(math.cos(math.radians(angle))), abs(math.sin(math.radians(angle)))
    H, W = size
    return np.array([cos * H + sin * W + H, cos * W + sin * H + W]) / 2


def borders(angle: float, size: Size, expand: bool, center: Center | None) -> np.ndarray:
    """Where the middles of all pixels come from: at whole numbers are borders between pixels."""
    H, W = size
    middle = (W / 2, H / 2) if center is None else center
    top, left, bottom, right = 0, 0, H, W
    if expand and angle % 90:  # whole quarter turns move pixels
        bottom, right = (math.ceil(c) for c in corners(angle, size))
        top, left = H - bottom, W - right
    y, x = np.ogrid[top:bottom, left:right]
    place = (x + 0.5 - middle[0] + 1j * (y + 0.5 - middle[1])) * np.exp(1j * math.radians(angle))
    return np.stack([place.real + middle[0], place.imag + middle[1]])


def inputs(at: Attributes, values: Values) -> Arrays:
    """Images without a pixel like the fill, all different; within a black frame in "bilinear"."""
    x = values.spaced("x", (*at["lead"], at["channels"], *at["size"]))
    x = np.where(x >= 0, x + 1.0, x - 1.0)
    if at["interpolation"] == "bilinear":
        x[..., [0, -1], :] = x[..., [0, -1]] = 0.0
    return {"x": x}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torchvision.transforms import InterpolationMode
    from torchvision.transforms.v2.functional import rotate

    mode = InterpolationMode(at["interpolation"])
    center = at["center"] and list(at["center"])
    options = {"expand": at["expand"], "center": center, "fill": at["fill"]}
    return {"out": rotate(tensors["x"], at["angle"], mode, **options)}


def unturned(run: Any, case: Case, inputs: Arrays) -> Pairs:
    yield "out at an angle of 0", run(inputs, angle=0.0)["out"], inputs["x"]


def quarter(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """A quarter turn brings the last column to the top, and four of them nothing new."""
    whole = {"expand": True, "center": None}
    out = run(inputs, angle=90.0, **whole)["out"]
    yield "out at 90 degrees", out, np.rot90(inputs["x"], axes=(-2, -1))
    for _ in range(3):
        out = run({"x": out}, angle=90.0, **whole)["out"]
    yield "out after four quarter turns", out, inputs["x"]


def whole_turn(run: Any, case: Case, inputs: Arrays) -> Pairs:
    angle = case.attributes["angle"] - 360.0
    yield "out of a whole turn less", run(inputs, angle=angle)["out"], run(inputs)["out"]


def mirrored(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """What is turned in a mirror turns the other way, about the mirrored centre."""
    x, center = inputs["x"], case.attributes["center"]
    if center is not None:
        center = (x.shape[-1] - center[0], center[1])
    mirror = {"x": np.ascontiguousarray(x[..., ::-1])}
    out = run(mirror, angle=-case.attributes["angle"], center=center)["out"]
    yield "out of the mirror image", out, run(inputs)["out"][..., ::-1]


def each_channel(run: Any, case: Case, inputs: Arrays) -> Pairs:
    x = np.ascontiguousarray(inputs["x"][..., -1:, :, :])
    yield "out of the last channel alone", run({"x": x})["out"], run(inputs)["out"][..., -1:, :, :]


COS = "cos, sin = _turn(angle)\n    rows"
SIZE = "rows, columns = _whole(H, W, angle) if expand else (H, W)"
FROM = "from_x, from_y = (W / 2, H / 2) if center is None else center"
TO = "to_x, to_y = (columns / 2, rows / 2) if center is None else center"
FILLED = "out = np.full((*x.shape[:-2], rows, columns), fill, x.dtype)"
STEPS = "right, down = j + 0.5 - to_x, i + 0.5 - to_y"
ROW = "row = from_y + sin * right + cos * down - 0.5"
COLUMN = "column = from_x + cos * right - sin * down - 0.5"
SET = "out[..., i, j] = READ[interpolation](x, row, column, fill)"
RESULT = "            out[..., i, j] = READ[interpolation](x, row, column, fill)\n    return out"
REACH = "reach_y = (abs(sin) * W + abs(cos) * H) / 2"
ROWS = "rows = math.ceil(H / 2 + reach_y) - math.floor(H / 2 - reach_y)"
QUARTER = "if angle % 90 == 0:"
INSIDE = "inside = 0 <= i < x.shape[-2] and 0 <= j < x.shape[-1]"
PIXEL = "return x[..., i, j] if inside else fill"
NEAREST = "return _pixel(x, math.floor(row + 0.5), math.floor(column + 0.5), fill)"
PARTS = "down, right = row - top, column - left"
ABOVE = "above = (1 - right) * _pixel(x, top, left, fill) + right * _pixel(x, top, left + 1, fill)"
READ = 'READ = {"nearest": _nearest, "bilinear": _bilinear}'

MISTAKES = (
    edit(
        "angle: radians",
        "degrees are handed to sine and cosine as they are",
        COS,
        "cos, sin = math.cos(angle), math.sin(angle)\n    rows",
    ),
    edit(
        "angle: clockwise",
        "the image is turned the other way",
        COS,
        "cos, sin = _turn(-angle)\n    rows",
    ),
    edit(
        "angle: rows and columns turned apart",
        "both sines have one sign, which mirrors and shears the image",
        COLUMN,
        COLUMN.replace("- sin", "+ sin"),
    ),
    edit(
        "angle: sine and cosine exchanged",
        "the image is turned by 90 degrees less the angle",
        COS,
        COS.replace("cos, sin =", "sin, cos ="),
    ),
    edit(
        "angle: rounded to quarter turns",
        "only multiples of 90 degrees are turned by",
        COS,
        "angle = 90 * round(angle / 90)\n    " + COS,
    ),
    edit(
        "angle: modulo 180",
        "half a turn is no turn",
        COS,
        "angle = angle % 180\n    " + COS,
    ),
    edit("angle ignored", "nothing is turned", COS, "cos, sin = 1.0, 0.0\n    rows"),
    edit(
        "centre: upper left corner",
        "the image is turned about its corner where no centre is given",
        FROM,
        FROM.replace("(W / 2, H / 2)", "(0.0, 0.0)"),
        TO,
        TO.replace("(columns / 2, rows / 2)", "(0.0, 0.0)"),
    ),
    edit(
        "centre: half a pixel off",
        "the middle is taken to be pixel H / 2, W / 2, not (H - 1) / 2, (W - 1) / 2",
        FROM,
        FROM.replace("(W / 2, H / 2)", "(W / 2 + 0.5, H / 2 + 0.5)"),
        TO,
        TO.replace("(columns / 2, rows / 2)", "(columns / 2 + 0.5, rows / 2 + 0.5)"),
    ),
    edit(
        "centre: whole pixels",
        "the middle is H // 2, W // 2",
        FROM,
        FROM.replace("(W / 2, H / 2)", "(W // 2, H // 2)"),
        TO,
        TO.replace("(columns / 2, rows / 2)", "(columns // 2, rows // 2)"),
    ),
    edit(
        "centre: x and y exchanged",
        "the given centre is taken for (y, x)",
        FROM,
        FROM.replace("else center", "else center[::-1]"),
        TO,
        TO.replace("else center", "else center[::-1]"),
    ),
    edit(
        "centre: middle taken for (y, x)",
        "height and width are exchanged in the middle of the image",
        FROM,
        FROM.replace("(W / 2, H / 2)", "(H / 2, W / 2)"),
        TO,
        TO.replace("(columns / 2, rows / 2)", "(rows / 2, columns / 2)"),
    ),
    edit(
        "centre ignored",
        "the image is turned about its middle whatever centre says",
        FROM,
        "from_x, from_y = W / 2, H / 2",
        TO,
        "to_x, to_y = columns / 2, rows / 2",
    ),
    edit(
        "centre counted in pixel numbers",
        "the given centre is that of the pixel of this number, half a pixel further",
        FROM,
        FROM.replace("else center", "else (center[0] + 0.5, center[1] + 0.5)"),
        TO,
        TO.replace("else center", "else (center[0] + 0.5, center[1] + 0.5)"),
    ),
    edit(
        "centre not put back",
        "what is turned about the centre is counted from the upper left corner",
        FROM,
        "from_x = from_y = 0.0",
    ),
    edit(
        "positions: x and y exchanged",
        "rows are read from columns' positions",
        SET,
        SET.replace("row, column", "column, row"),
    ),
    edit(
        "positions: corners of pixels turned",
        "it is the upper left corner of a pixel that is turned, not its middle",
        STEPS,
        "right, down = j - to_x, i - to_y",
        ROW,
        ROW.replace(" - 0.5", ""),
        COLUMN,
        COLUMN.replace(" - 0.5", ""),
    ),
    edit(
        "forward mapping",
        "pixels of the image are sent to where they go, so that holes are left",
        RESULT,
        "            pass\n"
        "    for i in range(H):\n"
        "        for j in range(W):\n"
        "            right, down = j + 0.5 - from_x, i + 0.5 - from_y\n"
        "            row = math.floor(to_y - sin * right + cos * down)\n"
        "            column = math.floor(to_x + cos * right + sin * down)\n"
        "            if 0 <= row < rows and 0 <= column < columns:\n"
        "                out[..., row, column] = x[..., i, j]\n"
        "    return out",
    ),
    edit(
        "output size of a square",
        "the output is as wide as high",
        SIZE,
        SIZE + "\n    columns = rows",
    ),
    edit("output size: expand ignored", "the corners are cut off", SIZE, "rows, columns = H, W"),
    edit(
        "output size: expand always",
        "the output grows unasked",
        SIZE,
        SIZE.replace("if expand", "if center is None"),
    ),
    edit(
        "output size: rows and columns exchanged",
        "the grown output is as wide as it should be high",
        SIZE,
        SIZE.replace("_whole(H, W, angle)", "_whole(H, W, angle)[::-1]"),
    ),
    edit(
        "output size without absolute values",
        "beyond 90 degrees the grown output is too low",
        REACH,
        "reach_y = max(abs(sin * W + cos * H), 1) / 2",
    ),
    edit(
        "output size rounded down",
        "of the outermost row of the grown output nothing is left",
        ROWS,
        "rows = max(int(2 * reach_y), 1)",
    ),
    edit(
        "output size rounded up by itself",
        "the grown output is not on the grid of pixels of the middle",
        ROWS,
        "rows = math.ceil(2 * reach_y)",
    ),
    edit(
        "output size: diagonal",
        "the output is as large as any angle may need",
        SIZE,
        "rows, columns = (math.ceil(math.hypot(H, W)),) * 2 if expand else (H, W)",
    ),
    edit(
        "output size of quarter turns",
        "rounding gives a row or a column more",
        QUARTER,
        "if False:",
    ),
    edit(
        "grown output about the old middle",
        "the image stays in the upper left corner of the grown output",
        TO,
        "to_x, to_y = (W / 2, H / 2) if center is None else center",
    ),
    edit("fill ignored", "what is outside is black", PIXEL, PIXEL.replace("fill", "0.0")),
    edit(
        "border: clamped",
        "outside the image its edge is repeated",
        PIXEL,
        "return x[..., min(max(i, 0), x.shape[-2] - 1), min(max(j, 0), x.shape[-1] - 1)]",
    ),
    edit(
        "border wraps round",
        "what is left on one side is entered on the other",
        PIXEL,
        "return x[..., i % x.shape[-2], j % x.shape[-1]]",
    ),
    edit(
        "border: mirrored",
        "outside the image its mirror image is shown",
        PIXEL,
        "H, W = x.shape[-2:]\n"
        "    return x[..., min(i % (2 * H), -i % (2 * H) - 1 + (i % (2 * H) == 0) * 2 * H), "
        "min(j % (2 * W), -j % (2 * W) - 1 + (j % (2 * W) == 0) * 2 * W)]",
    ),
    edit(
        "border: negative positions wrap round",
        "a row above the image is an index from its end, as NumPy reads -1",
        INSIDE,
        "inside = -x.shape[-2] <= i < x.shape[-2] and -x.shape[-1] <= j < x.shape[-1]",
    ),
    edit(
        "border: last row and column left out",
        "the bounds ask for less than size - 1",
        INSIDE,
        "inside = 0 <= i < x.shape[-2] - 1 and 0 <= j < x.shape[-1] - 1",
    ),
    edit(
        "border: image taken as square",
        "columns are tested against the number of rows",
        INSIDE,
        "inside = 0 <= i < x.shape[-2] and 0 <= j < min(x.shape[-2:])",
    ),
    edit(
        "interpolation: partly outside filled",
        "a blend of which a corner is outside is the fill",
        ABOVE,
        "if not (0 <= row <= x.shape[-2] - 1 and 0 <= column <= x.shape[-1] - 1):\n"
        "        return fill\n    " + ABOVE,
    ),
    edit(
        "interpolation: always nearest",
        "bilinear takes the nearest pixel",
        READ,
        READ.replace("_bilinear", "_nearest"),
    ),
    edit(
        "interpolation: always bilinear",
        "nearest blends four pixels",
        READ,
        READ.replace("_nearest", "_bilinear"),
    ),
    edit(
        "interpolation: rounded down",
        "nearest cuts positions off",
        NEAREST,
        "return _pixel(x, math.floor(row), math.floor(column), fill)",
    ),
    edit(
        "interpolation: truncated towards zero",
        "int(p + 0.5) shows the first row and column twice",
        NEAREST,
        NEAREST.replace("math.floor", "int"),
    ),
    edit(
        "interpolation: weights of rows and columns exchanged",
        "rows are blended by the fraction of columns",
        PARTS,
        PARTS.replace("down, right", "right, down"),
    ),
    edit(
        "interpolation: weights of the two ends exchanged",
        "the farther pixel has the larger weight",
        PARTS,
        "down, right = 1 - (row - top), 1 - (column - left)",
    ),
    edit(
        "first channel for all",
        "every channel is red",
        PIXEL,
        PIXEL.replace("x[..., i, j]", "x[..., :1, i, j]"),
    ),
    edit(
        "input changed in place",
        "the caller's images are filled",
        RESULT,
        RESULT.replace("return out", "x[...] = fill\n    return out"),
    ),
    edit(
        "result always float64",
        "float32 images become float64",
        FILLED,
        FILLED.replace(", x.dtype", ""),
    ),
)

CORNERS: Corners = {
    **SIZES,
    **each("interpolation", INTERPOLATIONS),
    **each("expand", (True, False)),
    **each("angle", (0.0, 90.0, 180.0, 270.0)),
    "a centre of its own": lambda case: case.attributes["center"] is not None,
    "an angle below 0": lambda case: case.attributes["angle"] < 0,
    "more than a whole turn": lambda case: case.attributes["angle"] > 360,
    "no image": lambda case: case.attributes["lead"] == (0,),
    "one image": lambda case: case.attributes["lead"] == (),
    "black outside": lambda case: case.attributes["fill"] == 0,
}

operator = Operator(
    name="rotate_image",
    source="torchvision.transforms.v2.functional.rotate",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    regimes=("integers", "normal"),
    laws=(
        Law("unturned", "an angle of 0 leaves the image", unturned),
        Law("quarter turns", "a quarter turn moves pixels, and four none", quarter),
        Law("whole turn", "360 degrees less are the same", whole_turn),
        Law("mirror", "a mirror image turns the other way", mirrored),
        Law("channels", "a channel gives the same alone", each_channel),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
