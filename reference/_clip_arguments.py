"""The checked arguments of clipping, shared by both paths of clip_grad_norm and clip_grad_value."""

from __future__ import annotations

import math
from typing import Any

from reference._arguments import array, number, same_dtype


def check_gradients(**gradients: Any) -> None:
    """Refuse gradients that are not all real, and of one dtype, with TypeError."""
    for name, value in gradients.items():
        if array(name, value).dtype.kind == "c":
            raise TypeError(f"{name} must be real, got an array of {value.dtype}")
    same_dtype(**gradients)


def check_norm(max_norm: Any, norm_type: Any) -> tuple[float, float]:
    """max_norm and norm_type, a number above 0 or infinity, also by the name "inf"."""
    norm_type = math.inf if norm_type == "inf" else number("norm_type", norm_type)
    if not norm_type > 0:
        raise ValueError(f"norm_type must be above 0, got {norm_type}")
    return number("max_norm", max_norm, 0), norm_type
