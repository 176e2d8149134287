"""2-d convolution (cross-correlation).

The windows of a strip of output rows are copied side by side into a scratch matrix (im2col), with
a row of ones for the bias, and multiplied by the weights. Backward the same matrix gives dw and
db; then it takes the windows' gradients, which are added to dx tap by tap. Where rows of windows
are less to copy than windows, as at stride 1, `_kernel_rows` does this.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from reference._conv_arguments import Conv2dGeometry, check_conv2d, check_dout
from reference.vectorized import _kernel_rows
from reference.vectorized._strips import strips_2d


def conv2d_forward(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray | None = None,
    *,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> tuple[np.ndarray, tuple]:
    """`torch.nn.functional.conv2d`: out[n, f, i, j] is the sum of a window of x times w[f].

    x (N, C, H, W), w (F, C / groups, KH, KW), b (F,) or None; the output is (N, F, OH, OW) with
    OH = floor((H + 2 padding - dilation (KH - 1) - 1) / stride) + 1. stride, padding and dilation
    are an int or a pair, in elements; padding may be "valid" (none) or "same" (stride 1 only).
    Raises TypeError and ValueError on bad arguments. The cache holds x and w themselves.
    """
    g = check_conv2d(x, w, b, stride, padding, dilation, groups)
    if _rows_are_less(x, w, g):
        return _kernel_rows.forward(x, w, b, g), (x, w, b is not None, g)
    N, F, (OH, OW) = len(x), len(w), g.out
    weights = w.reshape(g.groups, F // g.groups, w[0].size)
    if b is not None:
        weights = np.concatenate([weights, b.reshape(g.groups, F // g.groups, 1)], axis=2)
    out = np.empty((N, F, OH, OW), x.dtype)
    outs = out.reshape(N, g.groups, F // g.groups, OH * OW)
    for n, i, columns in _columns(x, w.shape[2:], b is not None, g):
        np.matmul(weights, columns, out=outs[n, :, :, i.start * OW : i.stop * OW])
    return out, (x, w, b is not None, g)


def conv2d_backward(
    dout: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Gradients (dx, dw, db) of `conv2d_forward`, in the shapes of x, w and b (None without b)."""
    x, w, biased, g = cache
    check_dout(dout, (len(x), len(w), *g.out), x.dtype)
    if _rows_are_less(x, w, g) and np.isfinite(x).all() and np.isfinite(w).all():
        db = dout.reshape(*dout.shape[:2], -1).sum(axis=2).sum(axis=0) if biased else None
        return *_kernel_rows.backward(dout, x, w, g), db
    N, F, (OH, OW), K = len(x), len(w), g.out, w[0].size
    douts = dout.reshape(N, g.groups, F // g.groups, OH * OW)
    transposed = w.reshape(g.groups, F // g.groups, K).swapaxes(1, 2)
    dx = np.zeros(x.shape, x.dtype)
    dweights = np.zeros((g.groups, F // g.groups, K + biased), x.dtype)
    for n, i, columns in _columns(x, w.shape[2:], biased, g):
        strip = douts[n, :, :, i.start * OW : i.stop * OW]
        dweights += np.matmul(strip, columns.swapaxes(2, 3)).sum(axis=0)
        dcolumns = np.matmul(transposed, strip, out=columns[:, :, :K])
        _add_windows(dx, dcolumns, w.shape[2:], n, i, g)
    dw = dweights[:, :, :K].reshape(w.shape)
    db = dweights[:, :, K].reshape(F) if biased else None
    return dx, dw, db


def _rows_are_less(x: np.ndarray, w: np.ndarray, g: Conv2dGeometry) -> bool:
    """Whether columns and sums of kernel rows are less to copy, an output, than windows.

    They are for every input row, and a sum is read once more. What windows then need besides is
    worth twice as much: a product with few rows, and a sum for each tap.
    """
    FG, (_, CG, KH, KW) = len(w) // g.groups, w.shape
    return x.size > 0 and g.stride[0] * (CG * KW + 2 * FG * KH) <= 2 * CG * KH * KW


def _columns(
    x: np.ndarray, kernel: tuple[int, int], biased: bool, g: Conv2dGeometry
) -> Iterator[tuple[slice, slice, np.ndarray]]:
    """Strips of images n and output rows i with their windows, (B, groups, K, positions).

    With a bias, K is one longer and ends with ones. The array is scratch: it is overwritten.
    """
    N, C = x.shape[:2]
    (KH, KW), (sh, sw), (dh, dw), OW = kernel, g.stride, g.dilation, g.out[1]
    CG = C // g.groups
    K = CG * KH * KW
    columns = np.empty(0, x.dtype)
    bytes_each = g.groups * (K + biased) * OW * x.itemsize
    for n, i in strips_2d(N, g.out[0], bytes_each):
        B, R = n.stop - n.start, i.stop - i.start
        if columns.shape != (B, g.groups, K + biased, R * OW):
            columns = np.ones((B, g.groups, K + biased, R * OW), x.dtype)
        slab, inside, within = _slab(x.shape, x.dtype, KH, n, i, g)
        slab[within] = x[inside]
        sn, sc, sy, sx = slab.strides
        shape = B, g.groups, CG, KH, KW, R, OW
        strides = sn, sc * CG, sc, sy * dh, sx * dw, sy * sh, sx * sw
        windows = np.ndarray(shape, slab.dtype, slab, strides=strides)
        columns[:, :, :K].reshape(shape)[...] = windows
        yield n, i, columns


def _add_windows(
    dx: np.ndarray,
    dcolumns: np.ndarray,
    kernel: tuple[int, int],
    n: slice,
    i: slice,
    g: Conv2dGeometry,
) -> None:
    """Add the gradients of the windows of images n and output rows i to dx."""
    (KH, KW), (sh, sw), (dh, dw) = kernel, g.stride, g.dilation
    R, OW = i.stop - i.start, g.out[1]
    dslab, inside, within = _slab(dx.shape, dx.dtype, KH, n, i, g)
    dmaps = dslab.reshape(len(dslab), g.groups, dx.shape[1] // g.groups, *dslab.shape[2:])
    dwindows = dcolumns.reshape(*dmaps.shape[:3], KH, KW, R, OW)
    for ki in range(KH):
        rows = slice(ki * dh, ki * dh + sh * (R - 1) + 1, sh)
        for kj in range(KW):
            columns = slice(kj * dw, kj * dw + sw * (OW - 1) + 1, sw)
            dmaps[..., rows, columns] += dwindows[:, :, :, ki, kj]
    dx[inside] += dslab[within]


def _slab(
    shape: tuple[int, ...], dtype: np.dtype, KH: int, n: slice, i: slice, g: Conv2dGeometry
) -> tuple[np.ndarray, tuple[slice, ...], tuple[slice, ...]]:
    """Zeros for the padded rows that output rows i of images n read, and their part in a map.

    That part is x[inside] of the input (N, C, H, W) and slab[within] of the zeros.
    """
    _, C, H, W = shape
    (top, left), (sh, _), (dh, _) = g.before, g.stride, g.dilation
    start = i.start * sh - top
    stop = (i.stop - 1) * sh + dh * (KH - 1) + 1 - top
    low, high = min(max(start, 0), H), min(max(stop, 0), H)
    slab = np.zeros((n.stop - n.start, C, stop - start, left + W + g.after[1]), dtype)
    inside = n, slice(None), slice(low, high)
    within = slice(None), slice(None), slice(low - start, high - start), slice(left, left + W)
    return slab, inside, within
