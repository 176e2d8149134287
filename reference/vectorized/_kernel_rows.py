"""2-d convolution, a kernel row at a time.

What the taps of a kernel row read lies side by side in columns, and one matrix product gives the
sums of every kernel row; those of an output lie on a diagonal, as each kernel row reads further
down, and are added up. Backward the same steps are taken in reverse. Where outputs are as many as
inputs along a row, as in most networks, the columns of a tap are the whole maps, shifted: one long
copy, but for what goes round the edges.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from reference._conv_arguments import Conv2dGeometry
from reference.vectorized._strips import fits, strips, strips_2d

FEW_TAPS = 8
"""Of a kernel row, so many at most are worth a call each."""


class _Strip(NamedTuple):
    """Input rows y of some images and groups, with scratch: the leading axes are theirs."""

    part: tuple[slice, slice]  # of maps (N, groups, C / groups, H, W)
    y: slice
    padded: np.ndarray  # (..., C / groups, y, padded W), 0 but for what is written inside
    columns: np.ndarray  # (..., C / groups KW, y OW), and a row of ones with a bias
    taps: np.ndarray  # (..., C / groups, KW, y, OW): the columns, a view
    sums: np.ndarray  # (..., F / groups KH, y OW), 0 where no output reads
    rows: list[tuple[slice, np.ndarray]]  # of each kernel row the outputs and their sums, a view
    diagonals: np.ndarray | None  # (..., F / groups, KH, OH, OW): all outputs' sums, where y is all


def forward(x: np.ndarray, w: np.ndarray, b: np.ndarray | None, g: Conv2dGeometry) -> np.ndarray:
    """The output (N, F, OH, OW) of a convolution."""
    maps, kernels = _by_group(x, g), _kernels(w, g)
    biases = np.zeros((g.groups, 1, 1, 1), x.dtype) if b is None else b.reshape(g.groups, -1, 1, 1)
    if b is not None:  # of the first kernel row
        column = np.zeros((g.groups, len(w) // g.groups, w.shape[2], 1), x.dtype)
        column[:, :, :1] = biases
        kernels = np.concatenate([kernels, column.reshape(g.groups, -1, 1)], axis=2)
    out = np.empty((len(x), len(w), *g.out), x.dtype)
    outs = _by_group(out, g)
    for s in _strips(maps, outs, w.shape[2:], g, biased=b is not None):
        _spread(maps, s, g)
        np.matmul(kernels[s.part[1]], s.columns, out=s.sums)
        strip = outs[s.part]
        if s.diagonals is not None:
            np.add.reduce(s.diagonals, axis=3, out=strip)
        else:
            if s.y.start == 0:
                strip[...] = 0
            for outputs, sums in s.rows:
                strip[..., outputs, :] += sums
        if s.y.stop == x.shape[2]:
            for outputs in _unread(x.shape[2], g):
                strip[..., outputs, :] += biases[s.part[1]]
    return out


def backward(
    dout: np.ndarray, x: np.ndarray, w: np.ndarray, g: Conv2dGeometry
) -> tuple[np.ndarray, np.ndarray]:
    """The gradients (dx, dw) of `forward`, for finite x and w."""
    maps, douts, kernels = _by_group(x, g), _by_group(dout, g), _kernels(w, g)
    dx, dkernels = np.empty(x.shape, x.dtype), np.zeros_like(kernels)
    dmaps, transposed = _by_group(dx, g), kernels.swapaxes(1, 2)
    for s in _strips(maps, douts, w.shape[2:], g, biased=False):
        _spread(maps, s, g)
        for outputs, dsums in s.rows:
            dsums[...] = douts[s.part][..., outputs, :]
        for dsums, columns in zip(s.sums, s.columns, strict=True):
            dkernels[s.part[1]] += np.matmul(dsums, columns.swapaxes(1, 2))
        np.matmul(transposed[s.part[1]], s.sums, out=s.columns)
        _gather(s, dmaps, g)
    F, CG, KH, KW = w.shape
    return dx, np.ascontiguousarray(dkernels.reshape(F, KH, CG, KW).swapaxes(1, 2))


def _strips(
    maps: np.ndarray, outs: np.ndarray, kernel: tuple[int, int], g: Conv2dGeometry, biased: bool
) -> Iterator[_Strip]:
    """Strips that cover the maps (N, groups, C / groups, H, W): whole ones or rows of one map."""
    (N, _, CG, H, W), FG, (KH, KW), OW = maps.shape, outs.shape[2], kernel, g.out[1]
    margins = g.before[0], max(0, _reach(KH, g) - g.before[0] - H)
    bytes_each = max(CG * KW, FG * KH) * OW * maps.itemsize
    bytes_whole = bytes_each * (H + sum(margins))
    whole = fits(bytes_whole)
    for y in [slice(0, H)] if whole else strips(H, bytes_each):
        R = y.stop - y.start
        above, below = margins if whole else (0, 0)
        longest, size = (), ()
        for part in strips_2d(N, g.groups, bytes_whole if whole else R * bytes_each):
            lengths = tuple(p.stop - p.start for p in part)
            if not longest:  # the first
                longest = lengths
                pads = np.zeros((*longest, CG, R, g.before[1] + W + g.after[1]), maps.dtype)
                scratch = np.ones((*longest, CG * KW + biased, R * OW), maps.dtype)
                outside = np.zeros((*longest, FG * KH, (above + R + below) * OW), maps.dtype)
            if size != lengths:
                size, used = lengths, tuple(map(slice, lengths))
                padded, columns, around = pads[used], scratch[used], outside[used]
                taps = columns[..., : CG * KW, :].reshape(*size, CG, KW, R, OW)
                sums = around[..., above * OW : (above + R) * OW]
                rows = _rows(sums.reshape(*size, FG, KH, R, OW), y, g)
                diagonals = _diagonals(around, KH, g) if whole else None
            yield _Strip(part, y, padded, columns, taps, sums, rows, diagonals)


def _reach(KH: int, g: Conv2dGeometry) -> int:
    """How many padded rows the outputs read."""
    return (g.out[0] - 1) * g.stride[0] + g.dilation[0] * (KH - 1) + 1


def _unread(H: int, g: Conv2dGeometry) -> tuple[slice, slice]:
    """The outputs whose first kernel row lies above the maps, and those where it lies below."""
    first = min(g.out[0], -(-g.before[0] // g.stride[0]))
    return slice(0, first), slice(max(first, (H - 1 + g.before[0]) // g.stride[0] + 1), g.out[0])


def _rows(sums: np.ndarray, y: slice, g: Conv2dGeometry) -> list[tuple[slice, np.ndarray]]:
    """Of each kernel row the outputs that read one of the input rows y, and their sums: a view.

    The sums are (..., KH, y, OW).
    """
    rows, stride = [], g.stride[0]
    for ki in range(sums.shape[-3]):
        offset = g.before[0] - ki * g.dilation[0]
        first = max(0, -(-(y.start + offset) // stride))
        stop = max(first, min(g.out[0], (y.stop - 1 + offset) // stride + 1))
        start = first * stride - offset - y.start
        read = slice(start, start + stride * (stop - first), stride)
        rows.append((slice(first, stop), sums[..., ki, read, :]))
    return rows


def _diagonals(scratch: np.ndarray, KH: int, g: Conv2dGeometry) -> np.ndarray:
    """The sums (..., F / groups KH, padded H OW) of every output: (..., F / groups, KH, OH, OW)."""
    *size, M, _ = scratch.shape
    *lead, row, item = scratch.strides
    down, stride = g.dilation[0] * g.out[1] * item, g.stride[0] * g.out[1] * item
    strides = *lead, KH * row, row + down, stride, item
    return np.ndarray((*size, M // KH, KH, *g.out), scratch.dtype, scratch, strides=strides)


def _spread(maps: np.ndarray, s: _Strip, g: Conv2dGeometry) -> None:
    """Write what the taps of a kernel row read in a strip of the maps to its columns."""
    strip, columns = maps[s.part][:, :, :, s.y], s.taps
    if _as_wide(strip, columns, g):
        for tap, read, written, edge in _shifts(strip, columns, g):
            _flat(tap)[..., written] = _flat(strip)[..., read]
            tap[..., edge] = 0
        return
    s.padded[..., g.before[1] :][..., : maps.shape[4]] = strip
    *lead, row, item = s.padded.strides
    strides = *lead, item * g.dilation[1], row, item * g.stride[1]
    columns[...] = np.ndarray(columns.shape, s.padded.dtype, s.padded, strides=strides)


def _gather(s: _Strip, dmaps: np.ndarray, g: Conv2dGeometry) -> None:
    """Write the sums of the gradients of all taps of a kernel row to a strip of the maps."""
    dstrip, dcolumns = dmaps[s.part][:, :, :, s.y], s.taps
    if _as_wide(dstrip, dcolumns, g):
        dstrip[...] = 0
        for dtap, read, written, edge in _shifts(dstrip, dcolumns, g):
            dtap[..., edge] = 0
            _flat(dstrip)[..., read] += _flat(dtap)[..., written]
        return
    dpadded = np.zeros_like(s.padded)
    for kj in range(dcolumns.shape[3]):
        start = kj * g.dilation[1]
        read = slice(start, start + g.stride[1] * (g.out[1] - 1) + 1, g.stride[1])
        dpadded[..., read] += dcolumns[:, :, :, kj]
    dstrip[...] = dpadded[..., g.before[1] :][..., : dmaps.shape[4]]


def _as_wide(strip: np.ndarray, columns: np.ndarray, g: Conv2dGeometry) -> bool:
    """Whether each input has an output above it, so that all rows are one, and taps are few."""
    return g.stride[1] == 1 and g.out[1] == strip.shape[-1] and columns.shape[3] <= FEW_TAPS


def _shifts(
    strip: np.ndarray, columns: np.ndarray, g: Conv2dGeometry
) -> Iterator[tuple[np.ndarray, slice, slice, slice]]:
    """Of each tap its columns, what it reads of a flat strip, where it goes, and the edge it lacks.

    The strip is (..., y, W), the columns (..., KW, y, W).
    """
    *_, R, W = strip.shape
    for kj in range(columns.shape[3]):
        shift = kj * g.dilation[1] - g.before[1]
        reach = min(abs(shift), W)
        late, early = slice(reach, R * W), slice(0, R * W - reach)
        if shift > 0:
            yield columns[:, :, :, kj], late, early, slice(W - reach, W)
        else:
            yield columns[:, :, :, kj], early, late, slice(0, reach)


def _flat(maps: np.ndarray) -> np.ndarray:
    """(..., y, W) as (..., y W): a view."""
    return maps.reshape(*maps.shape[:-2], -1)


def _by_group(maps: np.ndarray, g: Conv2dGeometry) -> np.ndarray:
    """(N, C, H, W) as (N, groups, C / groups, H, W)."""
    N, C, H, W = maps.shape
    return maps.reshape(N, g.groups, C // g.groups, H, W)


def _kernels(w: np.ndarray, g: Conv2dGeometry) -> np.ndarray:
    """w (F, C / groups, KH, KW) as a matrix a group, (groups, F / groups KH, C / groups KW)."""
    F, CG, KH, KW = w.shape
    return w.swapaxes(1, 2).reshape(g.groups, F // g.groups * KH, CG * KW)
