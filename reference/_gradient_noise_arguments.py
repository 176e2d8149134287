"""The checked arguments of gradient noise, shared by both paths."""

from __future__ import annotations

from typing import Any

from reference._arguments import integer, number, shaped
from reference._clip_arguments import check_gradients


def check_noise(eta: Any, gamma: Any, t: Any, **arrays: Any) -> tuple[float, float, int]:
    """eta, gamma and t, where each gradient g1 has its draws z1, of its shape and dtype."""
    check_gradients(**arrays)
    for name, gradient in arrays.items():
        if name.startswith("g"):
            draws = f"z{name[1:]}"
            shaped(draws, arrays[draws], gradient.shape)
    return number("eta", eta, 0), number("gamma", gamma), integer("t", t, 0)
