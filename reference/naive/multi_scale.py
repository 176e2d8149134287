"""One image at several scales, one pixel at a time."""

from __future__ import annotations

import numpy as np

from reference._image_arguments import check_multi_scale
from reference.naive.resize_image import resize_image_forward


def multi_scale_forward(
    x: np.ndarray,
    *,
    scales: tuple[float, float, float],
    mode: str = "bilinear",
    align_corners: bool = False,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One image at three scales: three results of `resize_image_forward`, each of x itself.

    x (..., C, H, W); at a scale s the image has the size (floor(s H), floor(s W)), at least 1: that
    of `torch.nn.functional.interpolate(x, scale_factor=s, recompute_scale_factor=True)`. `mode` and
    `align_corners` are those of resize_image. Raises TypeError and ValueError on bad arguments.
    """
    sizes, align_corners = check_multi_scale(x, scales, mode, align_corners)
    images = []
    for size in sizes:
        image, _ = resize_image_forward(x, size=size, mode=mode, align_corners=align_corners)
        images.append(image)
    first, second, third = images
    return first, second, third
