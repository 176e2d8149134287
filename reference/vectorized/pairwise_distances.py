"""Euclidean distances between all points of two sets.

A strip of the output takes one coordinate after the other, as differences and never as
x^2 + y^2 - 2 x y, which cancels. The gradient goes the same way, weighted by dout / distance.
"""

from __future__ import annotations

import math

import numpy as np

from reference._conv_arguments import check_dout
from reference._pairwise_distances_arguments import check_pairwise_distances
from reference.vectorized._strips import strips_2d


def pairwise_distances_forward(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, tuple]:
    """`torch.cdist` with p = 2: out[..., i, j] is the distance of x[..., i] from y[..., j].

    x (..., N, D) and y (..., M, D) with the same leading dimensions; the output is (..., N, M).
    It is computed from differences, as torch does with `donot_use_mm_for_euclid_dist`. Raises
    TypeError and ValueError on bad arguments.
    """
    check_pairwise_distances(x, y)
    xs, ys = _by_coordinate(x), _by_coordinate(y)
    _, B, N = xs.shape
    M = ys.shape[2]
    out = np.zeros((B, N, M), x.dtype)
    bytes_each = M * out.itemsize
    for b, i in strips_2d(B, N, bytes_each):
        for xd, yd in zip(xs, ys, strict=True):
            diff = xd[b, i, None] - yd[b, None]
            diff *= diff
            out[b, i] += diff
    out = np.sqrt(out, out=out).reshape(*x.shape[:-1], M)
    return out, (xs, ys, out.copy())


def pairwise_distances_backward(dout: np.ndarray, cache: tuple) -> tuple[np.ndarray, np.ndarray]:
    """Gradients (dx, dy) of `pairwise_distances_forward`, in the shapes of x and y.

    Equal points have no gradient; torch takes 0, and so does this.
    """
    xs, ys, out = cache
    check_dout(dout, out.shape, out.dtype)
    D, B, N = xs.shape
    M = ys.shape[2]
    weights = np.divide(dout, out, out=np.zeros(out.shape, out.dtype), where=out != 0)
    weights = weights.reshape(B, N, M)
    dxs, dys = np.empty((D, B, N), out.dtype), np.zeros((D, B, M), out.dtype)
    bytes_each = M * out.itemsize
    for b, i in strips_2d(B, N, bytes_each):
        for d in range(D):
            share = xs[d, b, i, None] - ys[d, b, None]
            share *= weights[b, i]
            dxs[d, b, i] = share.sum(axis=2)
            dys[d, b] -= share.sum(axis=1)
    lead = out.shape[:-2]
    return _by_point(dxs, lead), _by_point(dys, lead)


def _by_coordinate(points: np.ndarray) -> np.ndarray:
    """(..., N, D) as (D, B, N), a copy."""
    *lead, N, D = points.shape
    return points.reshape(math.prod(lead) * N, D).T.copy().reshape(D, math.prod(lead), N)


def _by_point(coordinates: np.ndarray, lead: tuple[int, ...]) -> np.ndarray:
    """(D, B, N) as (..., N, D)."""
    D, _, N = coordinates.shape
    return np.moveaxis(coordinates, 0, -1).reshape(*lead, N, D)
