"""Checks of arguments, shared by the naive and the vectorized path: one clear sentence each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Pair = tuple[int, int]


def array(name: str, value: Any, *dims: str) -> np.ndarray:
    """`value` itself, if it is a floating or complex array of one of the layouts in `dims`.

    A layout is written as in docstrings, `"N C H W"`; `...` stands for any leading dimensions.
    Raises TypeError for anything but such an array, ValueError for a wrong number of dimensions.
    """
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fc":
        raise TypeError(f"{name} must be a floating-point NumPy array, got {_kind(value)}")
    _check_dims(name, value, dims)
    return value


def integers(name: str, value: Any, *dims: str) -> np.ndarray:
    """`value` itself, if it is an integer array of one of the layouts in `dims`."""
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "iu":
        raise TypeError(f"{name} must be an integer NumPy array, got {_kind(value)}")
    _check_dims(name, value, dims)
    return value


def _kind(value: Any) -> str:
    return f"an array of {value.dtype}" if isinstance(value, np.ndarray) else type(value).__name__


def _check_dims(name: str, value: np.ndarray, dims: Sequence[str]) -> None:
    for layout in dims:
        names = layout.split()
        if "..." in names and value.ndim >= len(names) - 1:
            return
        if "..." not in names and value.ndim == len(names):
            return
    if dims:
        allowed = " or ".join("(" + ", ".join(d.split()) + ")" for d in dims)
        raise ValueError(f"{name} must have shape {allowed}, got {value.shape}")


def shaped(name: str, value: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """`value` itself, if its shape is exactly `shape`."""
    if value.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {value.shape}")
    return value


def same_dtype(**arrays: np.ndarray | None) -> np.dtype:
    """The one dtype of all given arrays. Raises TypeError naming the first that differs."""
    given = {name: a for name, a in arrays.items() if a is not None}
    first = next(iter(given))
    for name, a in given.items():
        if a.dtype != given[first].dtype:
            raise TypeError(
                f"{name} must have the dtype of {first}, {given[first].dtype}, got {a.dtype}"
            )
    return given[first].dtype


def pair(name: str, value: Any, minimum: int) -> Pair:
    """An int or a pair of ints as a pair (for H, for W), each at least `minimum`."""
    values = (value, value) if isinstance(value, (int, np.integer)) else value
    if not isinstance(values, (tuple, list)) or len(values) != 2:
        raise TypeError(f"{name} must be an int or a pair of ints, got {value!r}")
    return integer(name, values[0], minimum), integer(name, values[1], minimum)


def integer(name: str, value: Any, minimum: int) -> int:
    """An int of at least `minimum`. Raises TypeError for anything else, bool included."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} must be an int, got {value!r}")
    if value < minimum:
        raise ValueError(f"{name} must be at least {minimum}, got {value}")
    return int(value)


def number(name: str, value: Any, minimum: float | None = None) -> float:
    """A Python float, which leaves float32 arrays float32, of at least `minimum` if there is one.

    Raises TypeError for anything else.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise TypeError(f"{name} must be a number, got {value!r}")
    if minimum is not None and not value >= minimum:  # nan is not
        raise ValueError(f"{name} must be at least {minimum}, got {value}")
    return float(value)


def boolean(name: str, value: Any) -> bool:
    """A Python bool. Raises TypeError for anything but a bool, Python's or NumPy's."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be a bool, got {value!r}")
    return bool(value)


def cotangent(name: str, value: Any, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """`value` itself, if it is an array of its output's shape and dtype."""
    shaped(name, array(name, value), shape)
    if value.dtype != dtype:
        raise TypeError(f"{name} must have the dtype of the output, {dtype}, got {value.dtype}")
    return value


def output_size(size: Pair, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair) -> Pair:
    """How often a dilated kernel fits in a padded map, per axis. Raises ValueError where never."""
    out = tuple(
        (size[a] + 2 * padding[a] - dilation[a] * (kernel[a] - 1) - 1) // stride[a] + 1
        for a in (0, 1)
    )
    if min(out) < 1:
        raise ValueError(
            f"the kernel {kernel} with dilation {dilation} must fit in the padded map, "
            f"got size {size} and padding {padding}"
        )
    return out[0], out[1]
