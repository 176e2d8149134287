"""2-d average pooling to a given size.

A mean over a bin is the mean over its rows and then over its columns: one reduction for each bin
of an axis, on a table with the maps in its last axis. The gradient goes the same way back.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._conv_arguments import check_dout
from reference._pool_arguments import check_adaptive_avg_pool2d
from reference.vectorized._strips import strips


def adaptive_avg_pool2d_forward(x: np.ndarray, output_size: Any) -> tuple[np.ndarray, tuple]:
    """`torch.nn.functional.adaptive_avg_pool2d`: out[n, c, i, j] is the mean of a bin of x[n, c].

    x (N, C, H, W); the output is (N, C, OH, OW), where output_size is an int or a pair, of which
    None keeps the size of x; 1 is the global average. Bin i of an axis of n elements begins at
    floor(i n / out) and ends before ceil((i + 1) n / out), so that bins may overlap. Raises
    TypeError and ValueError on bad arguments.
    """
    OH, OW = check_adaptive_avg_pool2d(x, output_size)
    N, C, H, W = x.shape
    maps, out = x.reshape(N * C, H * W), np.empty((N * C, OH * OW), x.dtype)
    if OH == OW == 1:
        np.mean(maps, axis=1, out=out[:, 0])
        return out.reshape(N, C, 1, 1), ((1, 1), x.shape, x.dtype)
    bytes_each = max(H, OH) * max(W, OW) * x.itemsize
    for strip in strips(N * C, bytes_each):
        table = np.ascontiguousarray(maps[strip].T)
        B = table.shape[1]
        table = table.reshape(H, W, B)
        down, means = np.empty((OH, W, B), x.dtype), np.empty((OH, OW, B), x.dtype)
        for i, rows in enumerate(_bins(H, OH)):
            np.mean(table[rows], axis=0, out=down[i])
        for j, columns in enumerate(_bins(W, OW)):
            np.mean(down[:, columns], axis=1, out=means[:, j])
        out[strip] = means.reshape(OH * OW, B).T
    return out.reshape(N, C, OH, OW), ((OH, OW), x.shape, x.dtype)


def _bins(size: int, out: int) -> list[slice]:
    return [slice(i * size // out, -(-(i + 1) * size // out)) for i in range(out)]


def adaptive_avg_pool2d_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Gradient dx of `adaptive_avg_pool2d_forward`, in the shape of x: bins share their dout."""
    (OH, OW), (N, C, H, W), dtype = cache
    check_dout(dout, (N, C, OH, OW), dtype)
    douts, dx = dout.reshape(N * C, OH * OW), np.empty((N * C, H * W), dtype)
    if OH == OW == 1:
        dx[...] = douts / (H * W)
        return dx.reshape(N, C, H, W)
    bytes_each = max(H, OH) * max(W, OW) * dtype.itemsize
    for strip in strips(N * C, bytes_each):
        table = np.ascontiguousarray(douts[strip].T)
        B = table.shape[1]
        table = table.reshape(OH, OW, B)
        ddown, dmaps = np.zeros((OH, W, B), dtype), np.zeros((H, W, B), dtype)
        for j, columns in enumerate(_bins(W, OW)):
            ddown[:, columns] += table[:, j, None] / (columns.stop - columns.start)
        for i, rows in enumerate(_bins(H, OH)):
            dmaps[rows] += ddown[i] / (rows.stop - rows.start)
        dx[strip] = dmaps.reshape(H * W, B).T
    return dx.reshape(N, C, H, W)
