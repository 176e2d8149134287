"""The checked arguments of pairwise distances, shared by both paths."""

from __future__ import annotations

from typing import Any

from reference._arguments import array, same_dtype, shaped


def check_pairwise_distances(x: Any, y: Any) -> None:
    """Refuse what are not two sets of points of one space, with TypeError or ValueError."""
    array("x", x, "... N D")
    array("y", y, "... M D")
    same_dtype(x=x, y=y)
    shaped("y", y, (*x.shape[:-2], y.shape[-2], x.shape[-1]))
