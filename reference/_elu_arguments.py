"""The checked arguments of the exponential linear unit, shared by both paths of elu."""

from __future__ import annotations

import math
from typing import Any

from reference._arguments import array, number


def check_elu(x: Any, alpha: Any) -> float:
    """`alpha` as a Python float. Raises TypeError or ValueError naming the bad argument."""
    array("x", x)
    value = number("alpha", alpha)
    if not math.isfinite(value):
        raise ValueError(f"alpha must be finite, got {alpha}")
    return value
