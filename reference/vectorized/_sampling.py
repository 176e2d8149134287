"""Bilinear samples as four gathers from a zero-padded map.

A margin of two on each side lets every position read somewhere: positions further out are moved
into the margin, where all four corners are 0, so that no position needs a test.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

MARGIN = 2


def blocks(size: int, step: int) -> Iterator[slice]:
    """`range(size)` in slices of `step`, the last one shorter."""
    return (slice(start, min(start + step, size)) for start in range(0, size, step))


def refuse_complex(dtype: np.dtype) -> None:
    """Raise TypeError for a complex dtype, which only the naive path takes."""
    if dtype.kind == "c":
        raise TypeError(f"arrays must be real in the vectorized path, got {dtype}")


def locate(positions: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The upper left corner (n,) of positions (2, n), rows and columns, and their fractions (2, n).

    The corner is an index into the flat padded map; the fractions lead to the next row and column.
    """
    limits = np.array(size, positions.dtype)[:, None]
    inside = np.fmax(np.fmin(positions, limits), -MARGIN)
    low = np.floor(inside)
    row, column = low.astype(np.intp) + MARGIN
    return row * (size[1] + 2 * MARGIN) + column, inside - low


def corner_steps(width: int) -> tuple[int, int, int, int]:
    """From a position's upper left corner to its four, row by row, in a padded map."""
    down = width + 2 * MARGIN
    return 0, 1, down, down + 1


def gather(table: np.ndarray, first: np.ndarray, width: int, out: np.ndarray) -> np.ndarray:
    """The rows of a flat padded map at the corners of n positions, written to `out` (4, n, ...)."""
    for corner, step in zip(out, corner_steps(width), strict=True):
        np.take(table[step:], first, axis=0, out=corner, mode="clip")
    return out


def corner_weights(fractions: np.ndarray, scale: np.ndarray | float) -> np.ndarray:
    """The weights (4, n) of the corners of positions with fractions (2, n), times `scale`."""
    (gy, gx), (fy, fx) = 1 - fractions, fractions
    weights = np.empty((4, *fy.shape), fy.dtype)
    for weight, (row, column) in zip(
        weights, product((gy * scale, fy * scale), (gx, fx)), strict=True
    ):
        np.multiply(row, column, out=weight)
    return weights


def differentiate(
    values: np.ndarray, fractions: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The blend of corners (4, n) at fractions (2, n), and its derivatives in y and in x."""
    (gy, gx), (fy, fx) = 1 - fractions, fractions
    upper, lower = gx * values[0] + fx * values[1], gx * values[2] + fx * values[3]
    dx = gy * (values[1] - values[0]) + fy * (values[3] - values[2])
    return gy * upper + fy * lower, lower - upper, dx
