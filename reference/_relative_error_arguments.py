"""The checked arguments of relative errors, shared by both paths."""

from __future__ import annotations

from typing import Any

from reference._arguments import array, number, same_dtype, shaped

OVER = ("elements", "largest", "norms")


def check_relative_error(x: Any, y: Any, floor: Any, over: Any) -> float:
    """The floor. Raises TypeError and ValueError on bad arguments."""
    for name, value in (("x", x), ("y", y)):
        if array(name, value).dtype.kind == "c":
            raise TypeError(f"{name} must be real, got an array of {value.dtype}")
    shaped("y", y, x.shape)
    same_dtype(x=x, y=y)
    if not x.size:
        raise ValueError(f"x must have at least one element, got shape {x.shape}")
    if over not in OVER:
        raise ValueError(f"over must be one of {OVER}, got {over!r}")
    return number("floor", floor, 0)
