"""The checked arguments of normalising vectors, shared by both paths of normalize."""

from __future__ import annotations

from typing import Any

from reference._arguments import array, integer, number
from reference._axis_arguments import check_axis


def check_normalize(x: Any, p: Any, axis: Any, eps: Any) -> tuple[int, float]:
    """The axis counted from the first, and eps. Raises TypeError or ValueError."""
    array("x", x, "N ...")
    if integer("p", p, 1) > 2:
        raise ValueError(f"p must be 1 or 2, got {p}")
    return check_axis(x, axis), number("eps", eps, 0)
