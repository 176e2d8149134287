"""Which arrays hold what is no ordinary number, one number at a time."""

from __future__ import annotations

import math

import numpy as np

from reference._finite_arguments import check_finite_arguments


def check_finite_forward(
    g1: np.ndarray,
    g2: np.ndarray,
    g3: np.ndarray,
    *,
    kind: str = "either",
    limit: float | None = None,
) -> np.ndarray:
    """Which of three arrays hold a nan, an infinite number or one that has exploded: (3,) of bool.

    The arrays have any shapes, of no dimension too, and hold nothing where they are empty. kind is
    "nan", "inf" (of either sign) or "either"; with a limit an array is named as well where the size
    of one of its numbers is above it, as an infinite one is above any: `torch.isnan`,
    `torch.isinf`. Raises TypeError and ValueError on bad arguments.
    """
    limit = check_finite_arguments(kind, limit, g1=g1, g2=g2, g3=g3)
    found = np.zeros(3, bool)
    for n, g in enumerate((g1, g2, g3)):
        for i in np.ndindex(g.shape):
            value = g[i]
            is_nan = value != value
            is_inf = abs(value) == math.inf
            if (is_nan and kind != "inf") or (is_inf and kind != "nan"):
                found[n] = True
            if limit is not None and abs(value) > limit:
                found[n] = True
    return found
