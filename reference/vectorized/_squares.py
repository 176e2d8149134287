"""Sums of squares, fast and exact to rounding."""

from __future__ import annotations

from typing import Any

import numpy as np

BLOCK = 1024


def sum_of_squares(a: np.ndarray) -> Any:
    """The sum of all squares of an array.

    A block at a time is a product of a vector with itself; the blocks are added up pairwise, so
    that rounding errors do not pile up as in one long product.
    """
    flat = a.ravel(order="K")
    whole = flat.size - flat.size % BLOCK
    blocks, rest = flat[:whole].reshape(-1, 1, BLOCK), flat[whole:]
    return (blocks @ blocks.transpose(0, 2, 1)).sum() + rest @ rest
