"""Brightness, contrast, saturation and hue of images, by given factors.

Whole batches at once. A hue is turned without a conversion back and forth: each channel lies
below the largest by the colour's range times a trapezium of the distance, in sixths of the circle,
of the hue from the channel's own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reference._image_arguments import ADJUSTMENTS, check_color_jitter

GREY = (0.2989, 0.587, 0.114)


def color_jitter_forward(
    x: np.ndarray,
    *,
    brightness: float = 1.0,
    contrast: float = 1.0,
    saturation: float = 1.0,
    hue: float = 0.0,
    order: Sequence[str] = ADJUSTMENTS,
) -> np.ndarray:
    """`torchvision.transforms.v2.functional.adjust_brightness` and its like, one after another.

    x (..., 3, H, W) in [0, 1], red first; the output has its shape. Brightness multiplies; contrast
    blends an image with the mean of its grey values, saturation with the grey values themselves,
    and a factor of 0 leaves these alone; each is clipped to [0, 1]. Hue, from -0.5 to 0.5, turns
    colours round the circle of length 1. `order` names the four as they are applied. Raises
    TypeError and ValueError on bad arguments.
    """
    out = x
    factors = check_color_jitter(x, brightness, contrast, saturation, hue, order)
    for name, factor in factors.items():
        if name == "hue":
            out = _turned(out, factor)
        elif name == "brightness":
            out = np.clip(out * factor, 0, 1)
        else:
            grey = np.einsum("...chw,c->...hw", out, np.array(GREY, x.dtype))[..., None, :, :]
            if name == "contrast":
                grey = grey.mean(axis=(-2, -1), keepdims=True)
            out = np.clip(factor * out + (1 - factor) * grey, 0, 1)
    return out


def _turned(x: np.ndarray, hue: float) -> np.ndarray:
    """The colours of x, their hues moved."""
    red, green, blue = np.moveaxis(x, -3, 0)
    high, low = x.max(axis=-3), x.min(axis=-3)
    width = high - low
    safe = np.where(width > 0, width, 1)
    sixths = np.where(high == green, 2 + (blue - red) / safe, 4 + (red - green) / safe)
    sixths = np.where(high == red, (green - blue) / safe, sixths) + 6 * hue
    turned = np.empty(x.shape, x.dtype)
    for c, own in enumerate((5, 3, 1)):
        k = (own + sixths) % 6
        turned[..., c, :, :] = high - width * np.clip(np.minimum(k, 4 - k), 0, 1)
    return turned
