"""Euclidean distances between all points of two sets, one pair at a time."""

from __future__ import annotations

import numpy as np

from reference._conv_arguments import check_dout
from reference._pairwise_distances_arguments import check_pairwise_distances


def pairwise_distances_forward(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, tuple]:
    """`torch.cdist` with p = 2: out[..., i, j] is the distance of x[..., i] from y[..., j].

    x (..., N, D) and y (..., M, D) with the same leading dimensions; the output is (..., N, M).
    It is computed from differences, as torch does with `donot_use_mm_for_euclid_dist`. Raises
    TypeError and ValueError on bad arguments.
    """
    check_pairwise_distances(x, y)
    N, M = x.shape[-2], y.shape[-2]
    out = np.zeros((*x.shape[:-2], N, M), x.dtype)
    for n in np.ndindex(out.shape):
        p, q = n[:-1], (*n[:-2], n[-1])
        diff = x[p] - y[q]
        out[n] = np.sqrt(np.sum(diff**2))
    return out, (x.copy(), y.copy(), out.copy())


def pairwise_distances_backward(dout: np.ndarray, cache: tuple) -> tuple[np.ndarray, np.ndarray]:
    """Gradients (dx, dy) of `pairwise_distances_forward`, in the shapes of x and y.

    Equal points have no gradient; torch takes 0, and so does this.
    """
    x, y, out = cache
    check_dout(dout, out.shape, out.dtype)
    dx, dy = np.zeros_like(x), np.zeros_like(y)
    for n in np.ndindex(out.shape):
        p, q = n[:-1], (*n[:-2], n[-1])
        if out[n] != 0:
            share = dout[n] * (x[p] - y[q]) / out[n]
            dx[p] += share
            dy[q] -= share
    return dx, dy
