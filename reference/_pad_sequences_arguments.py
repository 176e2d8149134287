"""The checked arguments of padding sequences to one length, shared by both paths."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._arguments import boolean, integers, number
from reference._metric_arguments import one_of

SIDES = ("right", "left")


def check_pad_sequences(
    tokens: Any, lengths: Any, padding_value: Any, batch_first: Any, side: Any
) -> tuple[int, int, bool]:
    """The number of sequences, the longest length, and `batch_first`.

    Raises TypeError or ValueError naming the bad argument.
    """
    if not isinstance(tokens, np.ndarray) or tokens.dtype.kind not in "iuf":
        given = isinstance(tokens, np.ndarray)
        kind = f"an array of {tokens.dtype}" if given else type(tokens).__name__
        raise TypeError(f"tokens must be a NumPy array of numbers, got {kind}")
    if tokens.ndim < 1:
        raise ValueError("tokens must have at least one dimension, got ()")
    N = len(integers("lengths", lengths, "N"))
    if not N or lengths.min() < 0:
        raise ValueError(f"lengths must hold at least one length, none below 0, got {lengths}")
    if lengths.sum() != len(tokens):
        raise ValueError(
            f"lengths must add up to {len(tokens)}, the number of tokens, got {lengths.sum()}"
        )
    value = number("padding_value", padding_value)
    if tokens.dtype.kind != "f" and value != int(value):
        raise ValueError(
            f"padding_value must be a whole number for tokens of {tokens.dtype}, got {value}"
        )
    one_of("side", side, SIDES)
    return N, int(lengths.max()), boolean("batch_first", batch_first)
