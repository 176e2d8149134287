"""The checked arguments of seeds for generators, shared by both paths."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._arguments import integer, integers

SPAN = 2**32
"""NumPy's legacy generator takes seeds below this."""


def check_seed_generators(initial: Any, generators: Any) -> int:
    """`generators`. Raises TypeError or ValueError naming the bad argument."""
    wrong = integers("initial", initial, "E W")[np.asarray(initial) < 0]
    if wrong.size:
        raise ValueError(f"initial must be at least 0, got {wrong[0]}")
    return integer("generators", generators, 1)
