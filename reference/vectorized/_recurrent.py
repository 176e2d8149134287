"""What recurrent layers share: arrays with time as first axis, so that a step is one block."""

from __future__ import annotations

import numpy as np


def by_time(x: np.ndarray, ended: np.ndarray | None) -> np.ndarray:
    """x (N, T, ...) as a new array (T, N, ...), 0 where sequences have ended."""
    steps = np.array(x.swapaxes(0, 1), order="C")
    if ended is not None:
        steps[ended] = 0
    return steps


def by_sequence(steps: np.ndarray) -> np.ndarray:
    """steps (T, N, ...) as a new array (N, T, ...)."""
    return np.array(steps.swapaxes(0, 1), order="C")


def after_the_end(lengths: np.ndarray, T: int) -> np.ndarray | None:
    """Which steps (T, N) are padding; None where there is none, as everywhere without lengths."""
    ended = np.arange(T)[:, None] >= lengths
    return ended if ended.any() else None


def rows(steps: np.ndarray) -> np.ndarray:
    """steps (T, N, D) as the rows (T N, D) of a matrix: a view."""
    T, N, D = steps.shape
    return steps.reshape(T * N, D)


def sigmoid(a: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-a)), by the exponential that does not overflow."""
    e = np.exp(-np.abs(a))
    positive = 1 / (1 + e)
    return np.where(a > 0, positive, e * positive)
