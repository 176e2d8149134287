"""The checked arguments of a one-hot encoding, shared by both paths."""

from __future__ import annotations

from typing import Any

from reference._arguments import integer, integers


def check_one_hot(ids: Any, num_classes: Any) -> int:
    """The number of classes. Raises TypeError or ValueError naming the bad argument."""
    integers("ids", ids)
    C = integer("num_classes", num_classes, -1)
    if C == -1 and not ids.size:
        raise ValueError(f"num_classes must be given where there is no id, got ids {ids.shape}")
    if C == -1:
        C = int(ids.max()) + 1
    elif C == 0:
        raise ValueError("num_classes must be -1 (the largest id + 1) or at least 1, got 0")
    wrong = ids[(ids < 0) | (ids >= C)]
    if wrong.size:
        raise ValueError(f"ids must be at least 0 and below num_classes, {C}, got {wrong[0]}")
    return C
