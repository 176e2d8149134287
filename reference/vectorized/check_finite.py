"""Which arrays hold what is no ordinary number: comparisons of whole arrays."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from reference._finite_arguments import check_finite_arguments

WRONG: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "nan": np.isnan,
    "inf": np.isinf,
    "either": lambda g: ~np.isfinite(g),
}


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
    wrong = [WRONG[kind](g) for g in (g1, g2, g3)]
    if limit is not None:
        wrong = [w | (np.abs(g) > limit) for w, g in zip(wrong, (g1, g2, g3), strict=True)]
    return np.array([w.any() for w in wrong])
