"""The checked arguments of an embedding, shared by both paths."""

from __future__ import annotations

from typing import Any

from reference._arguments import array, integer, integers


def check_embedding(ids: Any, W: Any, padding_idx: Any) -> int | None:
    """The padding row counted from 0, or None. Raises TypeError or ValueError on a bad argument."""
    integers("ids", ids)
    V = len(array("W", W, "V D"))
    wrong = ids[(ids < 0) | (ids >= V)]
    if wrong.size:
        raise ValueError(f"ids must be from 0 to {V - 1} for W {W.shape}, got {wrong[0]}")
    if padding_idx is None:
        return None
    row = integer("padding_idx", padding_idx, -V)
    if row >= V:
        raise ValueError(f"padding_idx must be from {-V} to {V - 1} for W {W.shape}, got {row}")
    return row % V
