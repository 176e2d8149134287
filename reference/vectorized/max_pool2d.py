"""2-d max pooling.

The largest of each window is found separably, along its rows and then down its column, with the
place of the maximum kept as a small integer: its distance from the window's corner in the padded
map. The gradient is scattered to these places, and summed there if windows overlap.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from reference._conv_arguments import check_dout
from reference._pool_arguments import Pool2dGeometry, check_max_pool2d
from reference.vectorized._strips import strip_length, strips


def max_pool2d_forward(
    x: np.ndarray,
    kernel_size: Any,
    *,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> tuple[np.ndarray, tuple]:
    """`torch.nn.functional.max_pool2d`: out[n, c, i, j] is the largest of a window of x[n, c].

    x (N, C, H, W); the output is (N, C, OH, OW) with
    OH = floor((H + 2 padding - dilation (KH - 1) - 1) / stride) + 1, or with ceil for floor, less
    a last window that would start in the right padding. kernel_size, stride (None: the kernel),
    padding (at most half the kernel; it reads -inf) and dilation are an int or a pair, in
    elements. Of equal values the first in row-major order has the gradient, of several NaN the
    last. Raises TypeError and ValueError on bad arguments.
    """
    g = check_max_pool2d(x, kernel_size, stride, padding, dilation, ceil_mode)
    N, C, H, W = x.shape
    planes = x.reshape(N * C, H, W)
    out = np.empty((N * C, *g.out), x.dtype)
    last_place = (g.kernel[0] - 1) * g.dilation[0] * g.padded[1] + (g.kernel[1] - 1) * g.dilation[1]
    places = np.empty(out.shape, np.min_scalar_type(last_place))
    bytes_each = math.prod(g.padded) * x.itemsize
    padded = None
    if g.padded != g.size:
        padded = np.full((strip_length(N * C, bytes_each), *g.padded), -np.inf, x.dtype)
    for strip in strips(N * C, bytes_each):
        maps = planes[strip]
        if padded is not None:
            maps = padded[: len(maps)]
            maps[:, g.padding[0] :, g.padding[1] :][:, :H, :W] = planes[strip]
        _pool(maps, g, out[strip], places[strip])
    return out.reshape(N, C, *g.out), (places.reshape(N, C, *g.out), g, x.dtype)


def _pool(maps: np.ndarray, g: Pool2dGeometry, out: np.ndarray, places: np.ndarray) -> None:
    """Write the maxima of `maps` (B, HP, WP), and their places, to `out` and `places`."""
    number = places.dtype.type
    (KH, KW), (dh, dw) = g.kernel, g.dilation
    down = dh * g.padded[1]
    first_rows, first_columns = g.first_taps(0), g.first_taps(1)
    nan = bool(np.isnan(maps.max()))
    best = np.empty((*maps.shape[:2], g.out[1]), maps.dtype)
    across = np.zeros(best.shape, places.dtype)
    taps = ((_taps(maps, 2, k, g), number(k * dw)) for k in range(KW))
    _largest(taps, best, across, nan)
    places[...] = first_rows[:, None] * down + first_columns * dw
    taps = ((_taps(best, 1, k, g), _taps(across, 1, k, g) + number(k * down)) for k in range(KH))
    _largest(taps, out, places, nan)


def _taps(maps: np.ndarray, axis: int, k: int, g: Pool2dGeometry) -> np.ndarray:
    """What every window has at tap k of an axis (1 for H, 2 for W): a view."""
    stride, start = g.stride[axis - 1], k * g.dilation[axis - 1]
    taps = slice(start, start + stride * (g.out[axis - 1] - 1) + 1, stride)
    return maps[:, taps] if axis == 1 else maps[:, :, taps]


def _largest(
    taps: Iterable[tuple[np.ndarray, Any]], best: np.ndarray, places: np.ndarray, nan: bool
) -> None:
    """The largest value of the taps and its place, which never falls from one tap to the next."""
    for k, (value, place) in enumerate(taps):
        if k == 0:
            best[...] = value
            np.maximum(places, place, out=places)
            continue
        larger = value > best
        if nan:
            larger |= np.isnan(value)
        np.maximum(best, value, out=best)
        np.maximum(places, larger * place, out=places)


def max_pool2d_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Gradient dx of `max_pool2d_forward`, in the shape of x: each dout goes to its maximum."""
    places, g, dtype = cache
    check_dout(dout, places.shape, dtype)
    (ph, pw), (H, W), (HP, WP), (OH, OW) = g.padding, g.size, g.padded, g.out
    N, C = places.shape[:2]
    rows, columns = g.stride[0] * np.arange(OH), g.stride[1] * np.arange(OW)
    bytes_each = HP * WP * 8
    step = strip_length(N * C, bytes_each)
    corners = HP * WP * np.arange(step)[:, None, None] + WP * rows[:, None] + columns
    disjoint = all(s > d * (k - 1) for s, d, k in zip(g.stride, g.dilation, g.kernel, strict=True))
    dx = np.zeros((N * C, H, W), dtype)
    places, dout = places.reshape(N * C, OH, OW), dout.reshape(N * C, OH, OW)
    for strip in strips(N * C, bytes_each):
        dmaps, douts = dx[strip], dout[strip]
        B = len(dmaps)
        maxima = places[strip] + corners[:B]
        if disjoint and g.padded == g.size:
            dmaps.reshape(-1)[maxima] = douts
        else:
            sums = np.bincount(maxima.ravel(), douts.ravel(), B * HP * WP).reshape(B, HP, WP)
            dmaps[...] = sums[:, ph : ph + H, pw : pw + W]
    return dx.reshape(N, C, H, W)
