"""The checked arguments of an early stop, shared by both paths."""

from __future__ import annotations

from typing import Any

from reference._arguments import array, integer, number

MODES, TIES = ("min", "max"), ("first", "last")


def check_stopping(
    metrics: Any, patience: Any, min_delta: Any, mode: Any, ties: Any
) -> tuple[int, float]:
    """The patience and the least gain; metrics must be a real array of shape (n,).

    Raises TypeError or ValueError naming the bad argument.
    """
    if array("metrics", metrics, "n").dtype.kind == "c":
        raise TypeError(f"metrics must be real, got an array of {metrics.dtype}")
    for name, value, allowed in (("mode", mode, MODES), ("ties", ties, TIES)):
        if value not in allowed:
            raise ValueError(f"{name} must be one of {allowed}, got {value!r}")
    return integer("patience", patience, 1), number("min_delta", min_delta, 0)
