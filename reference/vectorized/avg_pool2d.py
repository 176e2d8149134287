"""2-d average pooling.

Windows are summed separably, along their rows and then down their columns, one strided view for
each tap, and divided once. The gradient goes the same way back, added up tap by tap.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from reference._conv_arguments import check_dout
from reference._pool_arguments import Pool2dGeometry, check_avg_pool2d
from reference.vectorized._strips import strip_length, strips


def avg_pool2d_forward(
    x: np.ndarray,
    kernel_size: Any,
    *,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> tuple[np.ndarray, tuple]:
    """`torch.nn.functional.avg_pool2d`: out[n, c, i, j] is the mean of a window of x[n, c].

    x (N, C, H, W); the output is (N, C, OH, OW) with OH = floor((H + 2 padding - KH) / stride) + 1,
    or with ceil for floor, less a last window that would start in the right padding. kernel_size,
    stride (None: the kernel) and padding (at most half the kernel; it reads 0) are an int or a
    pair, in elements. The sum is divided by the elements of the window that lie in the padded map,
    without `count_include_pad` by those that lie in x, or by `divisor_override`. Raises TypeError
    and ValueError on bad arguments.
    """
    g = check_avg_pool2d(
        x, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )
    N, C, H, W = x.shape
    planes, out = x.reshape(N * C, H, W), np.empty((N * C, *g.out), x.dtype)
    divisors = np.full(g.out, divisor_override or 1, x.dtype)
    if divisor_override is None:
        divisors *= np.outer(*(_counts(g, a, count_include_pad) for a in (0, 1)))
    bytes_each = math.prod(g.padded) * x.itemsize
    length = strip_length(N * C, bytes_each)
    padded = None
    if g.padded != g.size:
        padded = np.zeros((length, *g.padded), x.dtype)
    across = np.empty((length, g.padded[0], g.out[1]), x.dtype)
    for strip in strips(N * C, bytes_each):
        maps = planes[strip]
        if padded is not None:
            maps = padded[: len(maps)]
            maps[:, g.padding[0] :, g.padding[1] :][:, :H, :W] = planes[strip]
        _add_up(maps, across[: len(maps)], 1, g)
        _add_up(across[: len(maps)], out[strip], 0, g)
        out[strip] /= divisors
    return out.reshape(N, C, *g.out), (divisors, g, x.shape)


def _counts(g: Pool2dGeometry, axis: int, count_include_pad: bool) -> np.ndarray:
    """How many rows (or columns) of each window count; none does beyond the padding."""
    around = g.padding[axis] if count_include_pad else 0
    first = g.stride[axis] * np.arange(g.out[axis]) - g.padding[axis]
    end = np.minimum(first + g.kernel[axis], g.size[axis] + around)
    return end - np.maximum(first, -around)


def _taps(maps: np.ndarray, axis: int, k: int, g: Pool2dGeometry) -> np.ndarray:
    """What every window has at tap k of an axis (0 for H, 1 for W): a view."""
    taps = slice(k, k + g.stride[axis] * (g.out[axis] - 1) + 1, g.stride[axis])
    return maps[:, taps] if axis == 0 else maps[:, :, taps]


def _add_up(maps: np.ndarray, sums: np.ndarray, axis: int, g: Pool2dGeometry) -> None:
    """Write the sums over the taps of an axis to `sums`."""
    sums[...] = _taps(maps, axis, 0, g)
    for k in range(1, g.kernel[axis]):
        sums += _taps(maps, axis, k, g)


def avg_pool2d_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Gradient dx of `avg_pool2d_forward`, in the shape of x: windows share their dout equally."""
    divisors, g, (N, C, H, W) = cache
    check_dout(dout, (N, C, *g.out), divisors.dtype)
    (ph, pw), (HP, WP), OW = g.padding, g.padded, g.out[1]
    bytes_each = HP * WP * dout.itemsize
    length = strip_length(N * C, bytes_each)
    across = np.empty((length, HP, OW), dout.dtype)
    padded = np.empty((length, HP, WP), dout.dtype)
    dx, douts = np.empty((N * C, H, W), dout.dtype), dout.reshape(N * C, *g.out)
    for strip in strips(N * C, bytes_each):
        shares = douts[strip] / divisors
        dacross, dmaps = across[: len(shares)], padded[: len(shares)]
        _hand_on(shares, dacross, 0, g)
        _hand_on(dacross, dmaps, 1, g)
        dx[strip] = dmaps[:, ph : ph + H, pw : pw + W]
    return dx.reshape(N, C, H, W)


def _hand_on(shares: np.ndarray, dmaps: np.ndarray, axis: int, g: Pool2dGeometry) -> None:
    """Add what each window of an axis has to hand on to all its taps."""
    dmaps[...] = 0
    for k in range(g.kernel[axis]):
        taps = _taps(dmaps, axis, k, g)
        taps += shares
