"""Rotation of images by a given angle: positions of the whole result at once, then gathers.

Images are gathered in a frame of one pixel of the fill, into which all that is outside is moved.
"""

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
    turned = np.exp(1j * math.radians(angle))
    image = np.array(x.shape[-2:])
    size = _whole(image, angle) if expand else image
    middle, pivot = (size / 2, image / 2) if center is None else (np.array(center[::-1]),) * 2
    down, right = np.ogrid[: size[0], : size[1]]
    place = ((right + 0.5 - middle[1]) + 1j * (down + 0.5 - middle[0])) * turned
    y, x_ = place.imag + pivot[0] - 0.5, place.real + pivot[1] - 0.5
    framed = np.pad(x, [(0, 0)] * (x.ndim - 2) + [(1, 1)] * 2, constant_values=fill)
    if interpolation == "nearest":
        return _at(framed, np.floor(y + 0.5), np.floor(x_ + 0.5))
    top, left = np.floor(y), np.floor(x_)
    v, u = (y - top).astype(x.dtype), (x_ - left).astype(x.dtype)
    above = _at(framed, top, left) * (1 - u) + _at(framed, top, left + 1) * u
    below = _at(framed, top + 1, left) * (1 - u) + _at(framed, top + 1, left + 1) * u
    return above * (1 - v) + below * v


def _whole(image: np.ndarray, angle: float) -> np.ndarray:
    """Rows and columns that the turned image reaches into, on the grid of pixels of its middle."""
    if angle % 90 == 0:
        return image if angle % 180 == 0 else image[::-1]
    turned = np.exp(1j * math.radians(angle))
    reach = (abs(turned.real) * image + abs(turned.imag) * image[::-1]) / 2
    return (np.ceil(image / 2 + reach) - np.floor(image / 2 - reach)).astype(int)


def _at(framed: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Pixels of images with a frame around, at rows and columns counted without it."""
    H, W = framed.shape[-2:]
    i = np.clip(rows + 1, 0, H - 1).astype(int)
    j = np.clip(columns + 1, 0, W - 1).astype(int)
    return framed[..., i, j]
