"""2-d convolution (cross-correlation), one output element at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._conv_arguments import check_conv2d, check_dout


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
    Raises TypeError and ValueError on bad arguments.
    """
    g = check_conv2d(x, w, b, stride, padding, dilation, groups)
    (sh, sw), (dh, dw), (top, left) = g.stride, g.dilation, g.before
    N, C, H, W = x.shape
    F, CG, KH, KW = w.shape
    FG = F // groups
    padded = np.zeros((N, C, top + H + g.after[0], left + W + g.after[1]), x.dtype)
    padded[:, :, top : top + H, left : left + W] = x
    out = np.zeros((N, F, *g.out), x.dtype)
    for n in range(N):
        for f in range(F):
            channels = slice(f // FG * CG, f // FG * CG + CG)
            for i in range(g.out[0]):
                for j in range(g.out[1]):
                    rows = slice(i * sh, i * sh + dh * (KH - 1) + 1, dh)
                    columns = slice(j * sw, j * sw + dw * (KW - 1) + 1, dw)
                    window = padded[n, channels, rows, columns]
                    out[n, f, i, j] = np.sum(window * w[f])
                    if b is not None:
                        out[n, f, i, j] += b[f]
    return out, (padded, w, b, g)


def conv2d_backward(
    dout: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Gradients (dx, dw, db) of `conv2d_forward`, in the shapes of x, w and b (None without b)."""
    padded, w, b, g = cache
    check_dout(dout, (len(padded), len(w), *g.out), padded.dtype)
    (sh, sw), (dh, dw_), (top, left) = g.stride, g.dilation, g.before
    N, F, OH, OW = dout.shape
    _, CG, KH, KW = w.shape
    FG = F // g.groups
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for n in range(N):
        for f in range(F):
            channels = slice(f // FG * CG, f // FG * CG + CG)
            for i in range(OH):
                for j in range(OW):
                    rows = slice(i * sh, i * sh + dh * (KH - 1) + 1, dh)
                    columns = slice(j * sw, j * sw + dw_ * (KW - 1) + 1, dw_)
                    dpadded[n, channels, rows, columns] += dout[n, f, i, j] * w[f]
                    dw[f] += dout[n, f, i, j] * padded[n, channels, rows, columns]
    H, W = padded.shape[2] - top - g.after[0], padded.shape[3] - left - g.after[1]
    dx = dpadded[:, :, top : top + H, left : left + W]
    db = None if b is None else dout.sum(axis=(0, 2, 3))
    return dx, dw, db
