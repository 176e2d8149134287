"""The checked arguments of a fully connected layer over time, shared by both paths."""

from __future__ import annotations

from typing import Any

from reference._arguments import array
from reference._linear_arguments import check_linear


def check_temporal_linear(x: Any, w: Any, b: Any) -> None:
    """Refuse what is not a layer (M, D) on sequences (N, T, D), with TypeError or ValueError."""
    array("x", x, "N T D")
    array("w", w, "M D")
    check_linear(x, w, b)
