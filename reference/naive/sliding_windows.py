"""Sliding windows of a map as columns (im2col), one element at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._conv_arguments import check_dout
from reference._sliding_windows_arguments import check_sliding_windows


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
    (KH, KW), (sh, sw), (dh, dw), (OH, OW) = g.kernel, g.stride, g.dilation, g.out
    N, C = x.shape[:2]
    padded = np.zeros(g.padded, x.dtype)
    padded[g.inside] = x
    out = np.zeros(g.columns, x.dtype)
    for n, c, ki, kj, i, j in np.ndindex(N, C, KH, KW, OH, OW):
        tap, window = (c * KH + ki) * KW + kj, i * OW + j
        row, column = i * sh + ki * dh, j * sw + kj * dw
        out[n, tap, window] = padded[n, c, row, column]
    return out, (g, x.dtype)


def sliding_windows_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Gradient dx of `sliding_windows_forward`, in the shape of x: the windows added up (fold)."""
    g, dtype = cache
    check_dout(dout, g.columns, dtype)
    (KH, KW), (sh, sw), (dh, dw), (OH, OW) = g.kernel, g.stride, g.dilation, g.out
    N, C = g.shape[:2]
    dpadded = np.zeros(g.padded, dtype)
    for n, c, ki, kj, i, j in np.ndindex(N, C, KH, KW, OH, OW):
        tap, window = (c * KH + ki) * KW + kj, i * OW + j
        dpadded[n, c, i * sh + ki * dh, j * sw + kj * dw] += dout[n, tap, window]
    dx = dpadded[g.inside]
    return dx
