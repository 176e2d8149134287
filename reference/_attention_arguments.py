"""The checked arguments of dot-product attention, shared by both paths of attention."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from reference._arguments import array, boolean, same_dtype, shaped


def check_attention(q: Any, k: Any, v: Any, mask: Any, causal: Any, scale: Any) -> None:
    """Refuse what does not fit together, with TypeError or ValueError naming the bad argument."""
    array("q", q, "... T D")
    array("k", k, "... S D")
    array("v", v, "... S E")
    same_dtype(q=q, k=k, v=v)
    *lead, T, D = q.shape
    S = k.shape[-2]
    if D < 1:
        raise ValueError(f"q must have at least one feature, got {q.shape}")
    shaped("k", k, (*lead, S, D))
    shaped("v", v, (*lead, S, v.shape[-1]))
    _check_mask(mask, (*lead, T, S))
    boolean("causal", causal)
    if scale is not None and (
        isinstance(scale, bool) or not isinstance(scale, (int, float, np.integer, np.floating))
    ):
        raise TypeError(f"scale must be a number or None, got {scale!r}")


def _check_mask(mask: Any, shape: tuple[int, ...]) -> None:
    if mask is None:
        return
    if not isinstance(mask, np.ndarray) or mask.dtype != bool:
        kind = f"an array of {mask.dtype}" if isinstance(mask, np.ndarray) else type(mask).__name__
        raise TypeError(f"mask must be a boolean NumPy array, got {kind}")
    pairs = zip(mask.shape[::-1], shape[::-1], strict=False)
    if mask.ndim > len(shape) or any(m not in (1, n) for m, n in pairs):
        raise ValueError(f"mask must have a shape that broadcasts to {shape}, got {mask.shape}")


def score_scale(scale: Any, features: int) -> float:
    """What the scores are multiplied by: `scale` or, where it is None, 1 / sqrt(features)."""
    return 1 / math.sqrt(features) if scale is None else float(scale)
