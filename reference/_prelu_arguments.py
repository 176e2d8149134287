"""The checked arguments of parametric rectified linear units, shared by both paths of prelu."""

from __future__ import annotations

from typing import Any

from reference._arguments import array, same_dtype


def check_prelu(x: Any, w: Any) -> None:
    """Refuse slopes that do not fit x, with TypeError or ValueError naming the bad argument."""
    array("x", x)
    array("w", w, "C")
    same_dtype(x=x, w=w)
    channels = x.shape[1] if x.ndim > 1 else 1
    if len(w) not in (1, channels):
        allowed = "(1,)" if channels == 1 else f"(1,) or ({channels},)"
        raise ValueError(f"w must have shape {allowed} for x {x.shape}, got {w.shape}")
