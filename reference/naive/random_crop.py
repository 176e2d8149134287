"""Crops of padded images at random places, one pixel at a time."""

from __future__ import annotations

import numpy as np

from reference._image_arguments import check_random_crop


def random_crop_forward(
    x: np.ndarray,
    top: np.ndarray | None = None,
    left: np.ndarray | None = None,
    *,
    size: tuple[int, int] | None = None,
    padding: int = 4,
    padding_mode: str = "constant",
    fill: float = 0.0,
    seed: int | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`torchvision.transforms.v2.RandomCrop`: of each padded image a part of one size.

    x (N, C, H, W) is padded on all four sides: with `fill` ("constant"), by its mirror image
    without the edge ("reflect") or by its edge ("edge"). Returns (out, top, left): the crops
    (N, C, *size), by default of the size of x, and the places (N,) of their first pixels in the
    padded images. Places that are given are used as they are; otherwise each is drawn uniformly,
    from a generator of its own, seeded with `seed` (None: by the system). Raises TypeError and
    ValueError on bad arguments.
    """
    size, spans, fill = check_random_crop(x, top, left, size, padding, padding_mode, fill, seed)
    N, C, H, W = x.shape
    if top is None or left is None:
        rng = np.random.default_rng(seed)
        top, left = rng.integers(0, spans[0], (N,)), rng.integers(0, spans[1], (N,))
    out = np.full((N, C, *size), fill, x.dtype)
    for n in range(N):
        for i in range(size[0]):
            for j in range(size[1]):
                row = _inside(int(top[n]) + i - padding, H, padding_mode)
                column = _inside(int(left[n]) + j - padding, W, padding_mode)
                if 0 <= row < H and 0 <= column < W:
                    out[n, :, i, j] = x[n, :, row, column]
    return out, top.copy(), left.copy()


def _inside(i: int, length: int, mode: str) -> int:
    """The place that a place in the padding repeats; where it is filled, itself."""
    if mode == "edge":
        return min(max(i, 0), length - 1)
    if mode == "reflect":
        i = abs(i)
        return min(i, 2 * (length - 1) - i)
    return i
