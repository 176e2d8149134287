"""Shares of counted samples."""

from __future__ import annotations

import numpy as np


def divided(part: np.ndarray, whole: np.ndarray, empty: float) -> np.ndarray:
    """part / whole in float64, `empty` where the whole is 0."""
    out = np.full(np.broadcast_shapes(part.shape, whole.shape), float(empty))
    return np.divide(part, whole, out=out, where=whole != 0)
