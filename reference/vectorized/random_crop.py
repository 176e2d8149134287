"""Crops of padded images at random places.

Of each image the part that the crop shows is copied in one piece. Where the padding repeats the
image, its rows and columns are gathered instead.
"""

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
    N, _, H, W = x.shape
    if top is None or left is None:
        rng = np.random.default_rng(seed)
        top, left = rng.integers(0, spans[0], (N,)), rng.integers(0, spans[1], (N,))
    if padding_mode == "constant":
        out = _filled(x, top - padding, left - padding, size, fill)
    else:
        rows = _inside((top - padding)[:, None] + np.arange(size[0]), H, padding_mode)
        columns = _inside((left - padding)[:, None] + np.arange(size[1]), W, padding_mode)
        samples = np.arange(N)[:, None, None]
        gathered = x.transpose(0, 2, 3, 1)[samples, rows[:, :, None], columns[:, None]]
        out = np.ascontiguousarray(gathered.transpose(0, 3, 1, 2))
    return out, top.copy(), left.copy()


def _filled(
    x: np.ndarray, top: np.ndarray, left: np.ndarray, size: tuple[int, int], fill: float
) -> np.ndarray:
    """Crops from places that may lie outside the images, with `fill` there."""
    N, C, H, W = x.shape
    out = np.full((N, C, *size), fill, x.dtype)
    for n in range(N):
        i, j = int(top[n]), int(left[n])
        rows = slice(max(i, 0), max(min(i + size[0], H), 0))
        columns = slice(max(j, 0), max(min(j + size[1], W), 0))
        shown = x[n, :, rows, columns]
        i, j = max(-i, 0), max(-j, 0)
        out[n, :, i : i + shown.shape[1], j : j + shown.shape[2]] = shown
    return out


def _inside(places: np.ndarray, length: int, mode: str) -> np.ndarray:
    """The places that places in the padding repeat."""
    if mode == "edge":
        return np.clip(places, 0, length - 1)
    folded = np.abs(places)
    return np.minimum(folded, 2 * (length - 1) - folded)
