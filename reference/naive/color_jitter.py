"""Brightness, contrast, saturation and hue of images, by given factors, one image at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reference._image_arguments import ADJUSTMENTS, check_color_jitter

GREY = (0.2989, 0.587, 0.114)
"""How much red, green and blue count for (ITU-R 601-2, as torchvision rounds it)."""


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
    factors = check_color_jitter(x, brightness, contrast, saturation, hue, order)
    out = x.copy()
    for n in np.ndindex(x.shape[:-3]):
        for name, factor in factors.items():
            out[n] = ADJUST[name](out[n], factor)
    return out


def _brightness(image: np.ndarray, factor: float) -> np.ndarray:
    return np.clip(image * factor, 0, 1)


def _contrast(image: np.ndarray, factor: float) -> np.ndarray:
    mean = _grey(image).mean()
    return np.clip(factor * image + (1 - factor) * mean, 0, 1)


def _saturation(image: np.ndarray, factor: float) -> np.ndarray:
    grey = _grey(image)
    return np.clip(factor * image + (1 - factor) * grey, 0, 1)


def _grey(image: np.ndarray) -> np.ndarray:
    r, g, b = image
    return GREY[0] * r + GREY[1] * g + GREY[2] * b


def _hue(image: np.ndarray, shift: float) -> np.ndarray:
    out = np.zeros(image.shape, image.dtype)
    for i, j in np.ndindex(image.shape[1:]):
        h, s, v = _hsv(*image[:, i, j])
        h = (h + shift) % 1
        out[:, i, j] = _rgb(h, s, v)
    return out


def _hsv(r: float, g: float, b: float) -> tuple[float, float, float]:
    """Hue, saturation and value of a colour, each in [0, 1]; a grey one has hue 0."""
    high, low = max(r, g, b), min(r, g, b)
    if high == low:
        return 0.0, 0.0, high
    if high == r:
        sixths = (g - b) / (high - low)
    elif high == g:
        sixths = 2 + (b - r) / (high - low)
    else:
        sixths = 4 + (r - g) / (high - low)
    return sixths / 6 % 1, (high - low) / high, high


def _rgb(h: float, s: float, v: float) -> tuple[float, float, float]:
    """The colour of a hue, a saturation and a value."""
    sector = int(6 * h)
    f = 6 * h - sector
    p, q, t = v * (1 - s), v * (1 - s * f), v * (1 - s * (1 - f))
    return ((v, t, p), (q, v, p), (p, v, t), (p, q, v), (t, p, v), (v, p, q))[sector % 6]


ADJUST = {
    "brightness": _brightness,
    "contrast": _contrast,
    "saturation": _saturation,
    "hue": _hue,
}
