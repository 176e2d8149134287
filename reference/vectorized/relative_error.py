"""How far two arrays are from each other, relative to their size, all elements at once."""

from __future__ import annotations

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
    if over == "norms":
        apart, size = np.linalg.norm(x - y), np.linalg.norm(x) + np.linalg.norm(y)
        return np.asarray(apart / max(floor, size), x.dtype)
    errors, sizes = np.abs(x - y), np.abs(x) + np.abs(y)
    if over == "largest":
        return np.asarray(errors.max() / max(floor, sizes.max()), x.dtype)
    return np.asarray((errors / np.maximum(floor, sizes)).max(), x.dtype)
