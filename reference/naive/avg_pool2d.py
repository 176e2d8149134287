"""2-d average pooling, one tap of one window at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._conv_arguments import check_dout
from reference._pool_arguments import Pool2dGeometry, check_avg_pool2d


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
    (KH, KW), (sh, sw), (ph, pw) = g.kernel, g.stride, g.padding
    N, C, H, W = x.shape
    padded = np.zeros((N, C, *g.padded), x.dtype)
    padded[:, :, ph : ph + H, pw : pw + W] = x
    divisors = np.zeros(g.out, np.intp)
    for i, j in np.ndindex(g.out):
        divisors[i, j] = divisor_override or _count(i, j, g, count_include_pad)
    out = np.zeros((N, C, *g.out), x.dtype)
    for n, c, i, j in np.ndindex(out.shape):
        for ki, kj in np.ndindex(KH, KW):
            out[n, c, i, j] += padded[n, c, i * sh + ki, j * sw + kj]
        out[n, c, i, j] /= divisors[i, j]
    return out, (divisors, g, x.shape, x.dtype)


def _count(i: int, j: int, g: Pool2dGeometry, count_include_pad: bool) -> int:
    """How many elements of a window count; none does beyond the padding, where ceil may lead."""
    count = 1
    for a, at in enumerate((i, j)):
        first = at * g.stride[a] - g.padding[a]
        end = min(first + g.kernel[a], g.size[a] + g.padding[a])
        if not count_include_pad:
            first, end = max(first, 0), min(end, g.size[a])
        count *= end - first
    return count


def avg_pool2d_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Gradient dx of `avg_pool2d_forward`, in the shape of x: windows share their dout equally."""
    divisors, g, (N, C, H, W), dtype = cache
    check_dout(dout, (N, C, *g.out), dtype)
    (KH, KW), (sh, sw), (ph, pw) = g.kernel, g.stride, g.padding
    dpadded = np.zeros((N, C, *g.padded), dtype)
    for n, c, i, j in np.ndindex(dout.shape):
        share = dout[n, c, i, j] / divisors[i, j]
        for ki, kj in np.ndindex(KH, KW):
            dpadded[n, c, i * sh + ki, j * sw + kj] += share
    dx = dpadded[:, :, ph : ph + H, pw : pw + W]
    return dx
