"""The checked arguments of transforms of images, shared by both paths."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._arguments import (
    Pair,
    array,
    boolean,
    integer,
    integers,
    number,
    pair,
    same_dtype,
    shaped,
)
from reference._metric_arguments import one_of

DTYPES = ("float32", "float64")
PADDING_MODES = ("constant", "reflect", "edge")
ADJUSTMENTS = ("brightness", "contrast", "saturation", "hue")
INTERPOLATIONS = ("nearest", "bilinear")
RESIZING = ("nearest", "nearest-exact", "bilinear")


def check_to_tensor(x: Any, dtype: Any) -> np.ndarray:
    """x as (H, W, C). Raises TypeError or ValueError naming the bad argument."""
    if not isinstance(x, np.ndarray) or x.dtype != np.uint8:
        kind = f"an array of {x.dtype}" if isinstance(x, np.ndarray) else type(x).__name__
        raise TypeError(f"x must be a NumPy array of uint8, got {kind}")
    integers("x", x, "H W C", "H W")
    one_of("dtype", dtype, DTYPES)
    return x if x.ndim == 3 else x[:, :, None]


def check_normalize_image(x: Any, mean: Any, std: Any) -> None:
    """Raises TypeError or ValueError naming the bad argument."""
    C = array("x", x, "... C H W").shape[-3]
    for name, value in (("mean", mean), ("std", std)):
        shaped(name, array(name, value), (C,))
    same_dtype(x=x, mean=mean, std=std)
    if not (std > 0).all():
        raise ValueError(f"std must be above 0 in every channel, got {std}")


def check_random_flip(x: Any, flips: Any, p: Any, seed: Any) -> float:
    """`p` as a Python float. Raises TypeError or ValueError naming the bad argument."""
    N = len(array("x", x, "N C H W"))
    if flips is not None:
        if not isinstance(flips, np.ndarray) or flips.dtype != np.bool_:
            given = isinstance(flips, np.ndarray)
            kind = f"an array of {flips.dtype}" if given else type(flips).__name__
            raise TypeError(f"flips must be a bool NumPy array, got {kind}")
        shaped("flips", flips, (N,))
    if not 0 <= number("p", p) <= 1:
        raise ValueError(f"p must be a probability, from 0 to 1, got {p}")
    check_seed(seed)
    return float(p)


def check_random_crop(
    x: Any, top: Any, left: Any, size: Any, padding: Any, padding_mode: Any, fill: Any, seed: Any
) -> tuple[Pair, Pair, float]:
    """The size of a crop, how many positions it has along each axis, and the fill.

    Raises TypeError or ValueError naming the bad argument.
    """
    N, _, *image = array("x", x, "N C H W").shape
    size = tuple(image) if size is None else pair("size", size, 1)
    padding = integer("padding", padding, 0)
    one_of("padding_mode", padding_mode, PADDING_MODES)
    least = {"constant": 0, "reflect": padding + 1, "edge": min(padding, 1)}[padding_mode]
    if min(image) < least:
        raise ValueError(
            f"x must have at least {least} rows and columns for padding {padding} in mode "
            f"{padding_mode!r}, got {x.shape}"
        )
    spans = tuple(image[a] + 2 * padding - size[a] + 1 for a in (0, 1))
    if min(spans) < 1:
        raise ValueError(f"size must fit in x {x.shape} with padding {padding}, got {size}")
    if (top is None) != (left is None):
        raise ValueError("top and left must be given both or neither, got one of them")
    for name, place, span in (("top", top, spans[0]), ("left", left, spans[1])):
        if place is not None:
            shaped(name, integers(name, place), (N,))
            wrong = place[(place < 0) | (place >= span)]
            if wrong.size:
                raise ValueError(f"{name} must be at least 0 and below {span}, got {wrong[0]}")
    check_seed(seed)
    return (size[0], size[1]), (spans[0], spans[1]), number("fill", fill)


def check_color_jitter(
    x: Any, brightness: Any, contrast: Any, saturation: Any, hue: Any, order: Any
) -> dict[str, float]:
    """The factors as Python floats, in the order in which they are applied.

    Raises TypeError or ValueError naming the bad argument.
    """
    if array("x", x, "... C H W").shape[-3] != 3:
        raise ValueError(f"x must have 3 channels (red, green, blue), got {x.shape}")
    factors = {"brightness": brightness, "contrast": contrast, "saturation": saturation}
    checked = {name: number(name, value, 0) for name, value in factors.items()}
    if not -0.5 <= number("hue", hue) <= 0.5:
        raise ValueError(f"hue must be from -0.5 to 0.5, got {hue}")
    if not isinstance(order, (tuple, list)) or sorted(map(str, order)) != sorted(ADJUSTMENTS):
        raise ValueError(f"order must name each of {ADJUSTMENTS} once, got {order!r}")
    checked["hue"] = float(hue)
    return {name: checked[name] for name in order}


def check_rotate_image(
    x: Any, angle: Any, interpolation: Any, expand: Any, center: Any, fill: Any
) -> tuple[float, bool, tuple[float, float] | None, float]:
    """`angle`, `expand`, `center` and `fill` as Python numbers.

    Raises TypeError or ValueError naming the bad argument.
    """
    if min(array("x", x, "... C H W").shape[-2:]) < 1:
        raise ValueError(f"x must have at least one row and one column, got {x.shape}")
    one_of("interpolation", interpolation, INTERPOLATIONS)
    if not np.isfinite(number("angle", angle)):
        raise ValueError(f"angle must be finite, got {angle}")
    if center is not None:
        if boolean("expand", expand):
            raise ValueError(f"center must be None with expand=True, got {center!r}")
        if not isinstance(center, (tuple, list)) or len(center) != 2:
            raise TypeError(f"center must be None or a pair of numbers (x, y), got {center!r}")
        center = number("x of center", center[0]), number("y of center", center[1])
    return float(angle), boolean("expand", expand), center, number("fill", fill)


def check_resize_image(x: Any, size: Any, mode: Any, align_corners: Any) -> tuple[Pair, bool]:
    """`size` as a pair, and `align_corners` as a Python bool.

    Raises TypeError or ValueError naming the bad argument.
    """
    if min(array("x", x, "... C H W").shape[-2:]) < 1:
        raise ValueError(f"x must have at least one row and one column, got {x.shape}")
    size = pair("size", size, 1)
    one_of("mode", mode, RESIZING)
    if boolean("align_corners", align_corners) and mode != "bilinear":
        raise ValueError(f"align_corners must be False in mode {mode!r}, got {align_corners}")
    return size, bool(align_corners)


def check_multi_scale(
    x: Any, scales: Any, mode: Any, align_corners: Any
) -> tuple[list[Pair], bool]:
    """The size at each of three scales, and `align_corners` as a Python bool.

    Raises TypeError or ValueError naming the bad argument.
    """
    if not isinstance(scales, (tuple, list)) or len(scales) != 3:
        raise TypeError(f"scales must be three numbers, got {scales!r}")
    for place, scale in enumerate(scales):
        if not 0 < number(f"scales[{place}]", scale) < np.inf:
            raise ValueError(f"scales[{place}] must be above 0 and finite, got {scale}")
    _, align_corners = check_resize_image(x, 1, mode, align_corners)
    H, W = x.shape[-2:]
    return [(max(int(H * s), 1), max(int(W * s), 1)) for s in scales], align_corners


def check_seed(seed: Any) -> None:
    """Refuse a seed that is neither None nor an int of at least 0."""
    if seed is not None:
        integer("seed", seed, 0)
