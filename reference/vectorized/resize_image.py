"""Images of another size: a matrix for the rows, and one for the columns.

Both are linear in the image, so that the gradient is that of two products.
"""

from __future__ import annotations

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
    rows, columns = (
        _matrix(length, new, mode, align_corners).astype(x.dtype)
        for length, new in zip(x.shape[-2:], size, strict=True)
    )
    return rows @ x @ columns.T, (rows, columns, x.shape)


def resize_image_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """The gradient of `resize_image_forward` in x: each pixel gets the shares that it gave."""
    rows, columns, shape = cache
    check_dout(dout, (*shape[:-2], len(rows), len(columns)), rows.dtype)
    return rows.T @ dout @ columns


def _matrix(length: int, new: int, mode: str, align_corners: bool) -> np.ndarray:
    """(new, length): how much each element of the result takes of each of the image's."""
    i = np.arange(new)
    if mode == "nearest":
        return np.eye(length)[i * length // new]
    if mode == "nearest-exact":
        return np.eye(length)[(2 * i + 1) * length // (2 * new)]
    place = i * (length - 1) / max(new - 1, 1) if align_corners else (i + 0.5) * length / new - 0.5
    place = np.clip(place, 0, length - 1)
    return np.maximum(0, 1 - abs(place[:, None] - np.arange(length)))
