"""Bilinear interpolation of one map at real positions, one position at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from reference._conv_arguments import check_dout
from reference._sampling_arguments import check_bilinear


def bilinear_interpolate_forward(
    a: np.ndarray, y: np.ndarray, x: np.ndarray
) -> tuple[np.ndarray, tuple]:
    """The samples of `torchvision.ops.deform_conv2d` (Dai et al., 2017): out[k] is a(y[k], x[k]).

    a (H, W); y rows and x columns, in elements, of one shape (...); the output is (...). Each
    sample blends the four corners floor and floor + 1; everything outside the map reads 0.
    Raises TypeError and ValueError on bad arguments.
    """
    check_bilinear(a, y, x)
    out = np.zeros(y.shape, a.dtype)
    for k in np.ndindex(y.shape):
        for i, j, weight, _, _ in _corners(a.shape, y[k], x[k]):
            out[k] += weight * a[i, j]
    return out, (a, y, x)


def bilinear_interpolate_backward(
    dout: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients (da, dy, dx) of `bilinear_interpolate_forward`, in the shapes of a, y and x.

    Where y or x is an integer, the gradient is the one between it and the next integer.
    """
    a, y, x = cache
    check_dout(dout, y.shape, a.dtype)
    da, dy, dx = np.zeros(a.shape, a.dtype), np.zeros(y.shape, a.dtype), np.zeros(y.shape, a.dtype)
    for k in np.ndindex(y.shape):
        for i, j, weight, slope_y, slope_x in _corners(a.shape, y[k], x[k]):
            da[i, j] += dout[k] * weight
            dy[k] += dout[k] * slope_y * a[i, j]
            dx[k] += dout[k] * slope_x * a[i, j]
    return da, dy, dx


def _corners(size: tuple[int, int], y: Any, x: Any) -> Iterator[tuple]:
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
