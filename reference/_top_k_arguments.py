"""The checked arguments of the k largest elements, shared by both paths of top_k."""

from __future__ import annotations

from typing import Any

from reference._arguments import array, boolean, integer


def check_top_k(x: Any, k: Any, axis: Any, largest: Any) -> tuple[int, int, bool]:
    """k, the axis counted from 0, and `largest`. Raises TypeError or ValueError on a bad one."""
    ndim = array("x", x).ndim
    if ndim == 0:
        raise ValueError("x must have at least one dimension, got ()")
    axis, k = integer("axis", axis, -ndim), integer("k", k, 0)
    if axis >= ndim:
        raise ValueError(f"axis must be from {-ndim} to {ndim - 1} for x {x.shape}, got {axis}")
    if k > x.shape[axis]:
        raise ValueError(f"k must be at most {x.shape[axis]}, the length of axis {axis}, got {k}")
    boolean("largest", largest)
    return k, axis % ndim, bool(largest)
