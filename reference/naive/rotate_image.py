"""Rotation of images by a given angle, one pixel of the result at a time."""

from __future__ import annotations

import math

import numpy as np

from reference._image_arguments import check_rotate_image


def rotate_image_forward(
    x: np.ndarray,
    *,
    angle: float,
    interpolation: str = "nearest",
    expand: bool = False,
    center: tuple[float, float] | None = None,
    fill: float = 0.0,
) -> np.ndarray:
    """`torchvision.transforms.v2.functional.rotate`: x turned counter-clockwise.

    x (..., C, H, W), `angle` in degrees; the output is (..., C, H, W), or with `expand` as large as
    the whole turned image. It is turned about `center` (x, y), counted in pixels from the upper
    left corner of the image, by default about its middle. Each pixel of the output is looked for
    where it comes from: "nearest" takes the pixel there, "bilinear" blends the four around. What is
    outside reads `fill`. Raises TypeError and ValueError on bad arguments.
    """
    angle, expand, center, fill = check_rotate_image(x, angle, interpolation, expand, center, fill)
    H, W = x.shape[-2:]
    cos, sin = _turn(angle)
    rows, columns = _whole(H, W, angle) if expand else (H, W)
    from_x, from_y = (W / 2, H / 2) if center is None else center
    to_x, to_y = (columns / 2, rows / 2) if center is None else center
    out = np.full((*x.shape[:-2], rows, columns), fill, x.dtype)
    for i in range(rows):
        for j in range(columns):
            right, down = j + 0.5 - to_x, i + 0.5 - to_y
            row = from_y + sin * right + cos * down - 0.5
            column = from_x + cos * right - sin * down - 0.5
            out[..., i, j] = READ[interpolation](x, row, column, fill)
    return out


def _turn(angle: float) -> tuple[float, float]:
    return math.cos(math.radians(angle)), math.sin(math.radians(angle))


def _whole(H: int, W: int, angle: float) -> tuple[int, int]:
    """Rows and columns that the turned image reaches into, on the grid of pixels of its middle.

    Quarter turns move pixels onto pixels, whether or not that grid is theirs.
    """
    if angle % 90 == 0:
        return (H, W) if angle % 180 == 0 else (W, H)
    cos, sin = _turn(angle)
    reach_y = (abs(sin) * W + abs(cos) * H) / 2
    reach_x = (abs(cos) * W + abs(sin) * H) / 2
    rows = math.ceil(H / 2 + reach_y) - math.floor(H / 2 - reach_y)
    columns = math.ceil(W / 2 + reach_x) - math.floor(W / 2 - reach_x)
    return rows, columns


def _pixel(x: np.ndarray, i: int, j: int, fill: float) -> np.ndarray | float:
    inside = 0 <= i < x.shape[-2] and 0 <= j < x.shape[-1]
    return x[..., i, j] if inside else fill


def _nearest(x: np.ndarray, row: float, column: float, fill: float) -> np.ndarray | float:
    return _pixel(x, math.floor(row + 0.5), math.floor(column + 0.5), fill)


def _bilinear(x: np.ndarray, row: float, column: float, fill: float) -> np.ndarray | float:
    top, left = math.floor(row), math.floor(column)
    down, right = row - top, column - left
    above = (1 - right) * _pixel(x, top, left, fill) + right * _pixel(x, top, left + 1, fill)
    below = (1 - right) * _pixel(x, top + 1, left, fill)
    below = below + right * _pixel(x, top + 1, left + 1, fill)
    return (1 - down) * above + down * below


READ = {"nearest": _nearest, "bilinear": _bilinear}
