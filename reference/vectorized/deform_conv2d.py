"""Deformable 2-d convolution, v1 and (with a mask) v2.

Blocks of output positions: the four corners of each tap are gathered from a zero-padded
channels-last table of the image, blended into columns, and multiplied by the weights of each
group. The input's gradient is added to such a table in sorted order, equal corners summed first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from reference._conv_arguments import check_dout
from reference._sampling_arguments import DeformConv2dGeometry, check_deform_conv2d
from reference.vectorized._sampling import (
    MARGIN,
    blocks,
    corner_steps,
    corner_weights,
    differentiate,
    gather,
    locate,
    refuse_complex,
)

BLOCK = 2**21  # bytes for the four corners of the taps of a block


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
    refuse_complex(x.dtype)
    weights = np.ascontiguousarray(_by_group(w, g).transpose(0, 2, 1))
    out = np.empty((len(x), g.groups, g.filters // g.groups, g.positions), x.dtype)
    scratch = _scratch(g, x.dtype)
    for n in range(len(x)):
        table = _table(x[n], g)
        for block, taps in _taps(offset, mask, n, x.shape[2:], g):
            corners = gather(table, taps.first, x.shape[3], scratch[:, : len(taps.first)])
            columns = np.einsum("kn,knc->nc", taps.weights, corners)
            out[n, :, :, block] = np.matmul(_split(columns, g), weights).transpose(0, 2, 1)
    out = out.reshape(len(x), len(w), *g.out)
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
    N, P, K, G = len(x), g.positions, g.taps, g.offset_groups
    weights = _by_group(w, g)
    dx, dweights = np.empty(x.shape, x.dtype), np.zeros_like(weights)
    doffset, dmask = np.empty((N, G, K, 2, P), x.dtype), np.empty((N, G, K, P), x.dtype)
    scratch = _scratch(g, x.dtype)
    for n in range(N):
        table = _table(x[n], g)
        dtable = np.zeros_like(table)
        dout_n = dout[n].reshape(*weights.shape[:2], P)
        for block, taps in _taps(offset, mask, n, x.shape[2:], g):
            d = dout_n[:, :, block]
            corners = gather(table, taps.first, x.shape[3], scratch[:, : len(taps.first)])
            columns = np.einsum("kn,knc->nc", taps.weights, corners)
            dweights += np.matmul(d, _split(columns, g))
            dcolumns = _join(np.matmul(d.transpose(0, 2, 1), weights), g)
            dots = np.einsum("knc,nc->kn", corners, dcolumns)
            value, slope_y, slope_x = differentiate(dots, taps.fractions)
            dmask[n, :, :, block] = _by_tap(value, g)
            doffset[n, :, :, 0, block] = _by_tap(slope_y * taps.mask, g)
            doffset[n, :, :, 1, block] = _by_tap(slope_x * taps.mask, g)
            _scatter(dtable, taps, dcolumns, x.shape[3], corners)
        dx[n] = _maps(dtable, x.shape, g)
    dw = dweights.reshape(len(w), K, w.shape[1]).transpose(0, 2, 1).reshape(w.shape)
    db = None if b is None else dout.sum(axis=(0, 2, 3))
    doffset = doffset.reshape(offset.shape)
    return dx, doffset, dw, db, None if mask is None else dmask.reshape(mask.shape)


class _Taps(NamedTuple):
    """The n taps of a block: of each output position, kernel element and offset group."""

    first: np.ndarray  # row of the table at the upper left corner, (n,)
    fractions: np.ndarray  # of the position, (2, n)
    mask: Any  # (n,), or 1 without a mask
    weights: np.ndarray  # of the corners, times the mask, (4, n)


def _taps(
    offset: np.ndarray,
    mask: np.ndarray | None,
    n: int,
    size: tuple[int, int],
    g: DeformConv2dGeometry,
) -> Iterator[tuple[slice, _Taps]]:
    """Each block of the output positions of image n, of this size, with its taps."""
    P, K, G = g.positions, g.taps, g.offset_groups
    starts, steps = _grid(g, offset.dtype)
    shifts = offset[n].reshape(G, K, 2, P).transpose(2, 3, 1, 0)
    tables = np.arange(G) * ((size[0] + 2 * MARGIN) * (size[1] + 2 * MARGIN))
    for block in blocks(P, _step(g, offset.dtype)):
        positions = np.add(starts[:, block] + steps, shifts[:, block], order="C")
        first, fractions = locate(positions.reshape(2, -1), size)
        first = (first.reshape(-1, G) + tables).ravel()
        m = 1 if mask is None else mask[n].reshape(G, K, P)[:, :, block].T.ravel()
        yield block, _Taps(first, fractions, m, corner_weights(fractions, m))


def _grid(g: DeformConv2dGeometry, dtype: np.dtype) -> tuple[np.ndarray, np.ndarray]:
    """Where windows start, (2, OH * OW, 1, 1), and taps relative to it, (2, 1, KH * KW, 1)."""
    firsts = [np.arange(g.out[a]) * g.stride[a] - g.padding[a] for a in (0, 1)]
    within = [np.arange(g.kernel[a]) * g.dilation[a] for a in (0, 1)]
    starts, steps = (np.stack(np.meshgrid(*axes, indexing="ij")) for axes in (firsts, within))
    return starts.reshape(2, -1, 1, 1).astype(dtype), steps.reshape(2, 1, -1, 1).astype(dtype)


def _step(g: DeformConv2dGeometry, dtype: np.dtype) -> int:
    """How many output positions make a block; few of them would slow the matrix products."""
    bytes_each = 4 * g.taps * (g.channels + 8 * g.offset_groups) * dtype.itemsize
    return max(32, BLOCK // bytes_each)


def _scratch(g: DeformConv2dGeometry, dtype: np.dtype) -> np.ndarray:
    """Room for the corners of a block, (4, n, C / G)."""
    n = min(_step(g, dtype), g.positions) * g.taps * g.offset_groups
    return np.empty((4, n, g.channels // g.offset_groups), dtype)


def _table(x: np.ndarray, g: DeformConv2dGeometry) -> np.ndarray:
    """An image (C, H, W) as rows of C / G channels, padded: (G * (H + 4) * (W + 4), C / G)."""
    C, H, W = x.shape
    G, depth = g.offset_groups, C // g.offset_groups
    table = np.zeros((G, H + 2 * MARGIN, W + 2 * MARGIN, depth), x.dtype)
    inside = table[:, MARGIN:-MARGIN, MARGIN:-MARGIN]
    inside[...] = x.reshape(G, depth, H, W).transpose(0, 2, 3, 1)
    return table.reshape(-1, depth)


def _maps(table: np.ndarray, shape: tuple, g: DeformConv2dGeometry) -> np.ndarray:
    """The image (C, H, W) of a table."""
    _, C, H, W = shape
    table = table.reshape(g.offset_groups, H + 2 * MARGIN, W + 2 * MARGIN, C // g.offset_groups)
    return table[:, MARGIN:-MARGIN, MARGIN:-MARGIN].transpose(0, 3, 1, 2).reshape(C, H, W)


def _scatter(
    dtable: np.ndarray, taps: _Taps, dcolumns: np.ndarray, width: int, scratch: np.ndarray
) -> None:
    """Add each tap's gradient (n, C / G) to its corners' rows of the table, in sorted order."""
    narrow = taps.first.astype(np.min_scalar_type(len(dtable)))  # 16 bits are sorted by radix
    order = np.argsort(narrow, kind="stable")
    first = taps.first[order]
    starts = np.flatnonzero(np.diff(first, prepend=-1))
    rows, weights = np.take(dcolumns, order, axis=0), taps.weights[:, order]
    np.multiply(weights[:, :, None], rows, out=scratch)
    sums = np.add.reduceat(scratch, starts, axis=1)
    for corner, step in zip(sums, corner_steps(width), strict=True):
        dtable[first[starts] + step] += corner


def _by_group(w: np.ndarray, g: DeformConv2dGeometry) -> np.ndarray:
    """The weights as one matrix a group, (groups, F / groups, KH * KW * C / groups)."""
    F, CG, KH, KW = w.shape
    w = w.reshape(F, CG, KH * KW).transpose(0, 2, 1)
    return w.reshape(g.groups, F // g.groups, KH * KW * CG)


def _split(columns: np.ndarray, g: DeformConv2dGeometry) -> np.ndarray:
    """Taps (n, C / G) as one matrix a group, (groups, positions, KH * KW * C / groups)."""
    K, CG = g.taps, g.channels // g.groups
    columns = columns.reshape(-1, K, g.groups, CG).transpose(2, 0, 1, 3)
    return columns.reshape(g.groups, -1, K * CG)


def _join(columns: np.ndarray, g: DeformConv2dGeometry) -> np.ndarray:
    """The inverse of `_split`."""
    K, CG = g.taps, g.channels // g.groups
    columns = columns.reshape(g.groups, -1, K, CG).transpose(1, 2, 0, 3)
    return columns.reshape(-1, g.channels // g.offset_groups)


def _by_tap(values: np.ndarray, g: DeformConv2dGeometry) -> np.ndarray:
    """Values (n,) of taps in the layout of the mask, (G, KH * KW, positions)."""
    return values.reshape(-1, g.taps, g.offset_groups).T
