"""The checked arguments of a fully connected layer, shared by both paths of linear."""

from __future__ import annotations

from typing import Any

from reference._arguments import array, same_dtype, shaped


def check_linear(x: Any, w: Any, b: Any) -> None:
    """Refuse what is not a layer (out, in) on rows (in,), with TypeError or ValueError."""
    array("x", x, "... in")
    array("w", w, "out in")
    if b is not None:
        shaped("b", array("b", b), (len(w),))
    same_dtype(x=x, w=w, b=b)
    if x.ndim == 0 or x.shape[-1] != w.shape[1]:
        raise ValueError(f"x must have shape (..., {w.shape[1]}) for w {w.shape}, got {x.shape}")
