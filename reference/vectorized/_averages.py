"""Moving averages."""

from __future__ import annotations

import numpy as np


def average(out: np.ndarray, old: np.ndarray, new: np.ndarray, kept: float) -> None:
    """The moving average kept old + (1 - kept) new, written to out, which may be old."""
    np.multiply(old, kept, out=out)
    out += (1 - kept) * new
