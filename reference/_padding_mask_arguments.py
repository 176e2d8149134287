"""The checked arguments of a padding mask, shared by both paths of padding_mask."""

from __future__ import annotations

from typing import Any

from reference._arguments import integer, integers

MARKS = ("valid", "padding")


def check_padding_mask(lengths: Any, max_length: Any, marks: Any) -> int:
    """The number of steps of the mask. Raises TypeError or ValueError naming the bad argument."""
    integers("lengths", lengths, "N")
    if lengths.size and lengths.min() < 0:
        raise ValueError(f"lengths must be at least 0, got {lengths.min()}")
    if marks not in MARKS:
        raise ValueError(f"marks must be one of {MARKS}, got {marks!r}")
    if max_length is None:
        return int(lengths.max(initial=0))
    return integer("max_length", max_length, 0)
