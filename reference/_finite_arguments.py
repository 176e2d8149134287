"""The checked arguments of check_finite, shared by both paths."""

from __future__ import annotations

from typing import Any

from reference._arguments import number
from reference._clip_arguments import check_gradients
from reference._metric_arguments import one_of

KINDS = ("either", "nan", "inf")


def check_finite_arguments(kind: Any, limit: Any, **arrays: Any) -> float | None:
    """The limit, or None. Raises TypeError or ValueError naming the bad argument."""
    check_gradients(**arrays)
    one_of("kind", kind, KINDS)
    return None if limit is None else number("limit", limit, 0)
