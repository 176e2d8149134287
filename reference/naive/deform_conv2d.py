"""Deformable 2-d convolution, v1 and (with a mask) v2, one sample at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from reference._conv_arguments import check_dout
from reference._sampling_arguments import DeformConv2dGeometry, check_deform_conv2d


def deform_conv2d_forward(
    x: np.ndarray,
    offset: np.ndarray,
    w: np.ndarray,
    b: np.ndarray | None = None,
    *,
    mask: np.ndarray | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
) -> tuple[np.ndarray, tuple]:
    """`torchvision.ops.deform_conv2d`: a convolution whose taps read x at shifted positions.

    x (N, C, H, W), offset (N, 2 G KH KW, OH, OW) with a pair (dy, dx) for each tap, in elements,
    w (F, C / groups, KH, KW), b (F,) or None, mask (N, G KH KW, OH, OW) or None; the output is
    (N, F, OH, OW), sized as in conv2d. Each of the G offset groups moves C / G channels. Samples
    are bilinear and x is 0 outside. stride, padding and dilation are an int or a pair, in
    elements. Raises TypeError and ValueError on bad arguments.
    """
    g = check_deform_conv2d(x, offset, w, b, mask, stride, padding, dilation)
    CG, FG = w.shape[1], len(w) // g.groups
    OH, OW = g.out
    out = np.zeros((len(x), len(w), OH, OW), x.dtype)
    for n, c, i, j, kh, kw, k, row, column in _taps(offset, g):
        filters = slice(c // CG * FG, c // CG * FG + FG)
        value = _sample(x[n, c], row, column)
        if mask is not None:
            value = value * mask[n, k, i, j]
        out[n, filters, i, j] += w[filters, c % CG, kh, kw] * value
    if b is not None:
        out += b[:, None, None]
    return out, (x, offset, w, b, mask, g)


def deform_conv2d_backward(
    dout: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None, np.ndarray | None]:
    """Gradients (dx, doffset, dw, db, dmask) of `deform_conv2d_forward`, each in its array's shape.

    db is None without b, dmask without mask. Where a position is an integer, the gradient is the
    one between it and the next integer.
    """
    x, offset, w, b, mask, g = cache
    check_dout(dout, (len(x), len(w), *g.out), x.dtype)
    CG, FG = w.shape[1], len(w) // g.groups
    dx, doffset, dw = (np.zeros(array.shape, x.dtype) for array in (x, offset, w))
    dmask = None if mask is None else np.zeros(mask.shape, x.dtype)
    for n, c, i, j, kh, kw, k, row, column in _taps(offset, g):
        filters = slice(c // CG * FG, c // CG * FG + FG)
        value = _sample(x[n, c], row, column)
        dvalue = np.sum(dout[n, filters, i, j] * w[filters, c % CG, kh, kw])
        if mask is not None and dmask is not None:
            dmask[n, k, i, j] += dvalue * value
            value, dvalue = value * mask[n, k, i, j], dvalue * mask[n, k, i, j]
        dw[filters, c % CG, kh, kw] += dout[n, filters, i, j] * value
        for r, s, weight, slope_y, slope_x in _corners(x.shape[2:], row, column):
            dx[n, c, r, s] += dvalue * weight
            doffset[n, 2 * k, i, j] += dvalue * slope_y * x[n, c, r, s]
            doffset[n, 2 * k + 1, i, j] += dvalue * slope_x * x[n, c, r, s]
    db = None if b is None else dout.sum(axis=(0, 2, 3))
    return dx, doffset, dw, db, dmask


def _taps(offset: np.ndarray, g: DeformConv2dGeometry) -> Iterator[tuple]:
    """Every n, c, i, j, kh, kw with the tap's index k in the mask and the position it reads."""
    KH, KW = g.kernel
    sh, sw = g.stride
    ph, pw = g.padding
    dh, dw = g.dilation
    for n, i, j in np.ndindex(len(offset), *g.out):
        for c, kh, kw in np.ndindex(g.channels, KH, KW):
            group = c // (g.channels // g.offset_groups)
            tap = kh * KW + kw
            k = group * KH * KW + tap
            dy, dx = offset[n, 2 * k, i, j], offset[n, 2 * k + 1, i, j]
            row = i * sh - ph + kh * dh + dy
            column = j * sw - pw + kw * dw + dx
            yield n, c, i, j, kh, kw, k, row, column


def _sample(a: np.ndarray, y: Any, x: Any) -> Any:
    """The map a (H, W) at the real position (y, x)."""
    value = a.dtype.type(0)
    for i, j, weight, _, _ in _corners(a.shape, y, x):
        value += weight * a[i, j]
    return value


def _corners(size: tuple[int, ...], y: Any, x: Any) -> Iterator[tuple]:
    """The corners (i, j) inside the map that (y, x) blends: weight, its slope in y and in x."""
    H, W = size
    for i, wy, dwy in _ends(y):
        for j, wx, dwx in _ends(x):
            inside = 0 <= i < H and 0 <= j < W
            if inside:
                yield int(i), int(j), wy * wx, dwy * wx, wy * dwx


def _ends(p: Any) -> tuple[tuple, tuple]:
    """The integers on both sides of p, each with its weight, 1 - distance, and the slope of it."""
    low = np.floor(p.real)
    high = low + 1
    return (low, 1 - (p - low), -1), (high, 1 - (high - p), 1)
