"""How far two arrays are from each other, relative to their size, one pair at a time."""

from __future__ import annotations

import math

import numpy as np

from reference._relative_error_arguments import check_relative_error


def relative_error_forward(
    x: np.ndarray, y: np.ndarray, *, floor: float = 1e-8, over: str = "elements"
) -> np.ndarray:
    """The relative error () of two arrays of one shape, any that is not empty.

    Over "elements": the largest |x - y| / max(floor, |x| + |y|), which gradient checks of CS231n
    print. Over the "largest": the largest |x - y| over the largest |x| + |y|, but at least the
    floor. Over "norms": |x - y| / max(floor, |x| + |y|) of Euclidean norms. Raises TypeError and
    ValueError on bad arguments.
    """
    floor = check_relative_error(x, y, floor, over)
    largest, distance, size = 0.0, 0.0, 0.0
    squares = [0.0, 0.0, 0.0]
    for a, b in zip(x.flat, y.flat, strict=True):
        error, total = abs(a - b), abs(a) + abs(b)
        largest = max(largest, error / max(floor, total))
        distance, size = max(distance, error), max(size, total)
        squares = [s + n**2 for s, n in zip(squares, (error, a, b), strict=True)]
    if over == "largest":
        largest = distance / max(floor, size)
    if over == "norms":
        apart, of_x, of_y = (math.sqrt(s) for s in squares)
        largest = apart / max(floor, of_x + of_y)
    return np.asarray(largest, x.dtype)
