"""An image in bytes to a floating-point one with the channels first, one number at a time."""

from __future__ import annotations

import numpy as np

from reference._image_arguments import check_to_tensor


def to_tensor_forward(x: np.ndarray, *, dtype: str = "float32") -> np.ndarray:
    """`torchvision.transforms.functional.to_tensor`: x / 255, with the channels first.

    x (H, W, C) or (H, W) in uint8; the output is (C, H, W) with C = 1 for an image without
    channels, from 0 to 1 in `dtype`, "float32" or "float64". Raises TypeError and ValueError on bad
    arguments.
    """
    pixels = check_to_tensor(x, dtype)
    H, W, C = pixels.shape
    out = np.zeros((C, H, W), dtype)
    for c, i, j in np.ndindex(C, H, W):
        out[c, i, j] = int(pixels[i, j, c]) / 255
    return out
