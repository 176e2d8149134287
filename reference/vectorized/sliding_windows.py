"""Sliding windows of a map as columns (im2col).

All windows are one strided view of the padded map, with overlaps, which a single copy writes out.
Backward every tap is one addition to a strided part of the map, in strips of maps.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._conv_arguments import check_dout
from reference._sliding_windows_arguments import check_sliding_windows
from reference.vectorized._strips import strips


def sliding_windows_forward(
    x: np.ndarray, kernel_size: Any, *, stride: Any = 1, padding: Any = 0, dilation: Any = 1
) -> tuple[np.ndarray, tuple]:
    """`torch.nn.functional.unfold`: every column of out[n] is a window of x[n].

    x (N, C, H, W); the output is (N, C KH KW, L) with a row for each channel and tap, channels
    first, and L = OH OW windows row by row, where
    OH = floor((H + 2 padding - dilation (KH - 1) - 1) / stride) + 1. kernel_size, stride, padding
    (it reads 0) and dilation are an int or a pair, in elements. Raises TypeError and ValueError on
    bad arguments.
    """
    g = check_sliding_windows(x, kernel_size, stride, padding, dilation)
    (sh, sw), (dh, dw) = g.stride, g.dilation
    padded = x
    if any(g.padding):
        padded = np.zeros(g.padded, x.dtype)
        padded[g.inside] = x
    sn, sc, sy, sx = padded.strides
    shape = (*g.shape[:2], *g.kernel, *g.out)
    steps = (sn, sc, sy * dh, sx * dw, sy * sh, sx * sw)
    out = np.empty(shape, x.dtype)
    out[...] = np.lib.stride_tricks.as_strided(padded, shape, steps)
    return out.reshape(g.columns), (g, x.dtype)


def sliding_windows_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Gradient dx of `sliding_windows_forward`, in the shape of x: the windows added up (fold)."""
    g, dtype = cache
    check_dout(dout, g.columns, dtype)
    (KH, KW), (sh, sw), (dh, dw), (OH, OW) = g.kernel, g.stride, g.dilation, g.out
    N, C, HP, WP = g.padded
    dwindows = dout.reshape(N * C, KH, KW, OH, OW)
    dpadded = np.zeros((N * C, HP, WP), dtype)
    bytes_each = HP * WP * dtype.itemsize
    for strip in strips(N * C, bytes_each):
        dmaps, dtaps = dpadded[strip], dwindows[strip]
        for ki in range(KH):
            rows = slice(ki * dh, ki * dh + sh * (OH - 1) + 1, sh)
            for kj in range(KW):
                columns = slice(kj * dw, kj * dw + sw * (OW - 1) + 1, sw)
                dmaps[:, rows, columns] += dtaps[:, ki, kj]
    return dpadded.reshape(g.padded)[g.inside]
