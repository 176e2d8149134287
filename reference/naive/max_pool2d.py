"""2-d max pooling, one tap of one window at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._conv_arguments import check_dout
from reference._pool_arguments import check_max_pool2d


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
    (KH, KW), (sh, sw), (ph, pw), (dh, dw) = g.kernel, g.stride, g.padding, g.dilation
    N, C, H, W = x.shape
    padded = np.full((N, C, *g.padded), -np.inf, x.dtype)
    padded[:, :, ph : ph + H, pw : pw + W] = x
    out = np.full((N, C, *g.out), -np.inf, x.dtype)
    argmax = np.zeros((N, C, *g.out, 2), np.intp)
    first_rows, first_columns = g.first_taps(0), g.first_taps(1)
    for n, c, i, j in np.ndindex(out.shape):
        argmax[n, c, i, j] = i * sh + first_rows[i] * dh, j * sw + first_columns[j] * dw
        for ki, kj in np.ndindex(KH, KW):
            row, column = i * sh + ki * dh, j * sw + kj * dw
            value = padded[n, c, row, column]
            if value.real > out[n, c, i, j].real or np.isnan(value):
                out[n, c, i, j] = value
                argmax[n, c, i, j] = row, column
    return out, (argmax, g, x.dtype)


def max_pool2d_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Gradient dx of `max_pool2d_forward`, in the shape of x: each dout goes to its maximum."""
    argmax, g, dtype = cache
    check_dout(dout, argmax.shape[:-1], dtype)
    (ph, pw), (H, W) = g.padding, g.size
    dpadded = np.zeros((*dout.shape[:2], *g.padded), dtype)
    for n, c, i, j in np.ndindex(dout.shape):
        row, column = argmax[n, c, i, j]
        dpadded[n, c, row, column] += dout[n, c, i, j]
    dx = dpadded[:, :, ph : ph + H, pw : pw + W]
    return dx
