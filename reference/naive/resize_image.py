"""Images of another size, one pixel of the result at a time."""

from __future__ import annotations

import itertools
import math

import numpy as np

from reference._conv_arguments import check_dout
from reference._image_arguments import check_resize_image


def resize_image_forward(
    x: np.ndarray, *, size: tuple[int, int], mode: str = "bilinear", align_corners: bool = False
) -> tuple[np.ndarray, tuple]:
    """`torch.nn.functional.interpolate` to a size (rows, columns): x (..., C, H, W), larger or not.

    "bilinear" blends the four pixels around the place that a pixel's middle comes from, beyond the
    edge the edge; with `align_corners` the first pixel comes from the first, and the last from the
    last. "nearest" takes the pixel that holds the pixel's upper left corner, and "nearest-exact"
    the one that holds its middle. Nothing is smoothed where the image shrinks. Raises TypeError and
    ValueError on bad arguments.
    """
    size, align_corners = check_resize_image(x, size, mode, align_corners)
    H, W = x.shape[-2:]
    out = np.zeros((*x.shape[:-2], *size), x.dtype)
    for i, j in np.ndindex(size):
        rows = _sources(i, H, size[0], mode, align_corners)
        columns = _sources(j, W, size[1], mode, align_corners)
        for (row, down), (column, right) in itertools.product(rows, columns):
            out[..., i, j] += down * right * x[..., row, column]
    return out, (x.shape, x.dtype, size, mode, align_corners)


def resize_image_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """The gradient of `resize_image_forward` in x: each pixel gets the shares that it gave."""
    shape, dtype, size, mode, align_corners = cache
    check_dout(dout, (*shape[:-2], *size), dtype)
    H, W = shape[-2:]
    dx = np.zeros(shape, dtype)
    for i, j in np.ndindex(size):
        rows = _sources(i, H, size[0], mode, align_corners)
        columns = _sources(j, W, size[1], mode, align_corners)
        for (row, down), (column, right) in itertools.product(rows, columns):
            dx[..., row, column] += down * right * dout[..., i, j]
    return dx


def _sources(
    i: int, length: int, new: int, mode: str, align_corners: bool
) -> list[tuple[int, float]]:
    """What element i of `new` along an axis takes of `length` elements: which, and how much."""
    if mode == "nearest":
        return [(i * length // new, 1.0)]
    if mode == "nearest-exact":
        return [((2 * i + 1) * length // (2 * new), 1.0)]
    if align_corners:
        place = i * (length - 1) / max(new - 1, 1)
    else:
        place = max((i + 0.5) * length / new - 0.5, 0.0)
    low = math.floor(place)
    part = place - low
    return [(low, 1 - part), (min(low + 1, length - 1), part)]
