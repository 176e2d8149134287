"""The checked arguments of maxout, shared by both paths."""

from __future__ import annotations

from typing import Any

from reference._arguments import array, integer
from reference._axis_arguments import check_axis


def check_maxout(x: Any, pieces: Any, axis: Any) -> int:
    """`axis` of x counted from the first. Raises TypeError or ValueError naming the bad one."""
    array("x", x, "... C")
    axis = check_axis(x, axis)
    channels, pieces = x.shape[axis], integer("pieces", pieces, 1)
    if channels % pieces:
        raise ValueError(f"pieces must divide the {channels} channels of x, got {pieces}")
    return axis
