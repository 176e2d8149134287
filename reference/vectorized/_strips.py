"""Cutting work into strips whose scratch stays in cache."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

SCRATCH_BYTES = 2**20


def fits(size: int) -> bool:
    """Whether scratch of so many bytes stays in cache."""
    return size <= SCRATCH_BYTES


def strips(count: int, bytes_each: int) -> Iterator[slice]:
    """Slices that cover range(count), each of about `SCRATCH_BYTES` and at least one long."""
    step = strip_length(count, bytes_each)
    return (slice(start, min(start + step, count)) for start in range(0, count, step))


def strip_length(count: int, bytes_each: int) -> int:
    """The length of the longest of these slices."""
    return max(1, min(count, SCRATCH_BYTES // max(bytes_each, 1)))


def strips_2d(count: int, rows: int, bytes_each_row: int) -> Iterator[tuple[slice, slice]]:
    """Slices of whole images, or rows of one image, that cover `count` images of `rows` rows."""
    for images in strips(count, rows * bytes_each_row):
        for part in strips(rows, (images.stop - images.start) * bytes_each_row):
            yield images, part


def element_strips(array: np.ndarray) -> Iterator[slice]:
    """Slices of the flat array, for work that passes through seven more arrays of its kind."""
    return strips(array.size, 8 * array.itemsize)
