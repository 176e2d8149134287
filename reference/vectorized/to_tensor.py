"""An image in bytes to a floating-point one with the channels first.

One division reads the bytes in another order and writes them where they belong, in the precision
of the result.
"""

from __future__ import annotations

import numpy as np

from reference._image_arguments import check_to_tensor


def to_tensor_forward(x: np.ndarray, *, dtype: str = "float32") -> np.ndarray:
    """`torchvision.transforms.functional.to_tensor`: x / 255, with the channels first.

    x (H, W, C) or (H, W) in uint8; the output is (C, H, W) with C = 1 for an image without
    channels, from 0 to 1 in `dtype`, "float32" or "float64". Raises TypeError and ValueError on bad
    arguments.
    """
    pixels = check_to_tensor(x, dtype).transpose(2, 0, 1)
    return np.divide(pixels, 255, out=np.empty(pixels.shape, dtype), dtype=dtype)
