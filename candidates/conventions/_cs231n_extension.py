"""What CS231n compiles with Cython (`im2col_cython`), in NumPy, so that its fast layers run.

Columns are (C HH WW, OH OW N): a row for each tap, the batch running fastest.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np


def _taps(height: int, width: int, out: tuple[int, int], stride: int) -> Iterator[Any]:
    """For each tap (i, j) of the filter, the rows and columns of padded pixels under it."""
    for i in range(height):
        for j in range(width):
            rows = slice(i, i + stride * out[0], stride)
            yield i, j, rows, slice(j, j + stride * out[1], stride)


def im2col_cython(x: Any, height: int, width: int, padding: int, stride: int) -> np.ndarray:
    N, C, H, W = x.shape
    OH, OW = (H + 2 * padding - height) // stride + 1, (W + 2 * padding - width) // stride + 1
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    found = np.zeros((C, height, width, OH, OW, N), x.dtype)
    for i, j, rows, columns in _taps(height, width, (OH, OW), stride):
        found[:, i, j] = padded[:, :, rows, columns].transpose(1, 2, 3, 0)
    return found.reshape(C * height * width, OH * OW * N)


def col2im_cython(
    cols: Any, N: int, C: int, H: int, W: int, height: int, width: int, padding: int, stride: int
) -> np.ndarray:
    OH, OW = (H + 2 * padding - height) // stride + 1, (W + 2 * padding - width) // stride + 1
    apart = cols.reshape(C, height, width, OH, OW, N).transpose(0, 1, 2, 5, 3, 4)
    return col2im_6d_cython(apart, N, C, H, W, height, width, padding, stride)


def col2im_6d_cython(
    cols: Any, N: int, C: int, H: int, W: int, height: int, width: int, padding: int, stride: int
) -> np.ndarray:
    """cols (C, HH, WW, N, OH, OW), added up where filters overlap."""
    padded = np.zeros((N, C, H + 2 * padding, W + 2 * padding), cols.dtype)
    for i, j, rows, columns in _taps(height, width, cols.shape[4:], stride):
        padded[:, :, rows, columns] += cols[:, i, j].swapaxes(0, 1)
    return padded[:, :, padding : padding + H, padding : padding + W]


EQUIVALENTS = {f.__name__: f for f in (im2col_cython, col2im_cython, col2im_6d_cython)}


def supply(function: Callable[..., Any] | None) -> None:
    """Give a function's module what the course has compiled and it could not import."""
    equip(getattr(function, "__globals__", {}))


def equip(space: dict[str, Any]) -> None:
    """The same for the names of a module."""
    used = {n for f in list(space.values()) if inspect.isfunction(f) for n in f.__code__.co_names}
    for name in used & set(EQUIVALENTS):
        space.setdefault(name, EQUIVALENTS[name])
