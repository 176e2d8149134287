"""The checked arguments of dropout, shared by both paths of dropout."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._arguments import array, boolean, integer, number, shaped


def check_dropout(x: Any, mask: Any, p: Any, training: Any, seed: Any) -> float:
    """`p` as a Python float. Raises TypeError or ValueError naming the argument that is bad."""
    array("x", x)
    if mask is not None:
        if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_:
            kind = f"array of {mask.dtype}" if isinstance(mask, np.ndarray) else type(mask).__name__
            raise TypeError(f"mask must be a bool NumPy array, got {kind}")
        shaped("mask", mask, x.shape)
    if not 0 <= number("p", p) <= 1:
        raise ValueError(f"p must be a probability, from 0 to 1, got {p}")
    boolean("training", training)
    if seed is not None:
        integer("seed", seed, 0)
    return float(p)
