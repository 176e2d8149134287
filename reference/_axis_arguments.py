"""The checked axis of an operator that works along one, shared by both paths of each."""

from __future__ import annotations

from typing import Any

from reference._arguments import array, integer


def check_axis(x: Any, axis: Any) -> int:
    """`axis` of x counted from the first. Raises TypeError or ValueError naming the bad argument.

    Without dimensions x is taken as one row of one element, as torch does.
    """
    ndim = max(array("x", x).ndim, 1)
    axis = integer("axis", axis, -ndim)
    if axis >= ndim:
        raise ValueError(f"axis must be less than {ndim} for x of shape {x.shape}, got {axis}")
    return axis % ndim
