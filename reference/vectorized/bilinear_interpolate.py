"""Bilinear interpolation of one map at real positions.

Positions go in blocks: four gathers from a zero-padded copy of the map, so that no position needs
a test, blended with the corners' weights. The gradient of the map is one `np.bincount` a block,
over the part of the map that the block reads.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from reference._conv_arguments import check_dout
from reference._sampling_arguments import check_bilinear
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

BLOCK = 2**15  # positions at a time, 1 MiB of float64 for their four corners


def bilinear_interpolate_forward(
    a: np.ndarray, y: np.ndarray, x: np.ndarray
) -> tuple[np.ndarray, tuple]:
    """The samples of `torchvision.ops.deform_conv2d` (Dai et al., 2017): out[k] is a(y[k], x[k]).

    a (H, W); y rows and x columns, in elements, of one shape (...); the output is (...). Each
    sample blends the four corners floor and floor + 1; everything outside the map reads 0.
    Raises TypeError and ValueError on bad arguments.
    """
    check_bilinear(a, y, x)
    refuse_complex(a.dtype)
    table = np.pad(a, MARGIN).ravel()
    out = np.empty(y.size, a.dtype)
    for block, first, fractions in _located(y, x, a.shape):
        corners = gather(table, first, a.shape[1], np.empty((4, len(first)), a.dtype))
        np.einsum("kn,kn->n", corner_weights(fractions, 1), corners, out=out[block])
    return out.reshape(y.shape), (a, y, x)


def bilinear_interpolate_backward(
    dout: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients (da, dy, dx) of `bilinear_interpolate_forward`, in the shapes of a, y and x.

    Where y or x is an integer, the gradient is the one between it and the next integer.
    """
    a, y, x = cache
    check_dout(dout, y.shape, a.dtype)
    padded = np.pad(a, MARGIN)
    table, dtable = padded.ravel(), np.zeros(padded.size)
    dy, dx = np.empty(y.size, a.dtype), np.empty(y.size, a.dtype)
    steps = np.array(corner_steps(a.shape[1]))[:, None]
    flat = dout.reshape(-1)
    for block, first, fractions in _located(y, x, a.shape):
        corners = gather(table, first, a.shape[1], np.empty((4, len(first)), a.dtype))
        _, slope_y, slope_x = differentiate(corners, fractions)
        np.multiply(slope_y, flat[block], out=dy[block])
        np.multiply(slope_x, flat[block], out=dx[block])
        shares = corner_weights(fractions, flat[block])
        low = first.min()
        sums = np.bincount((first - low + steps).ravel(), shares.ravel())
        dtable[low : low + len(sums)] += sums
    da = dtable.reshape(padded.shape)[MARGIN:-MARGIN, MARGIN:-MARGIN].astype(a.dtype)
    return da, dy.reshape(y.shape), dx.reshape(y.shape)


def _located(y: np.ndarray, x: np.ndarray, size: tuple[int, int]) -> Iterator[tuple]:
    """Each block of positions, with what `locate` says of it."""
    rows, columns = y.reshape(-1), x.reshape(-1)
    for block in blocks(y.size, BLOCK):
        yield block, *locate(np.stack((rows[block], columns[block])), size)
