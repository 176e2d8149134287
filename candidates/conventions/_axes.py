"""Arrays whose axes a course has in another order: views there, and views back.

An order is written "nchw>nhwc": the operator's axes, then the function's. A 1 is an axis of size
one that only the function has, as in "c>111c".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from properties.plain import WrongResult


def arranged(array: np.ndarray, order: str) -> np.ndarray:
    """A view of the operator's array with its axes as the function has them."""
    ours, theirs = order.split(">")
    view = array.transpose([ours.index(axis) for axis in theirs if axis != "1"])
    return view[tuple(None if axis == "1" else slice(None) for axis in theirs)]


def restored(name: str, result: Any, order: str) -> Any:
    """A view of what the function returned with its axes as the operator has them.

    What is no array stays what it is. Raises WrongResult: another number of axes, or an axis of
    another size than one where the function has one of its own.
    """
    if not isinstance(result, np.ndarray):
        return result
    ours, theirs = order.split(">")
    ones = [a for a, axis in enumerate(theirs) if axis == "1"]
    if result.ndim != len(theirs) or any(result.shape[a] != 1 for a in ones):
        wanted = f"({', '.join(axis if axis == '1' else axis.upper() for axis in theirs)})"
        raise WrongResult(f"{name} has shape {result.shape}, expected {wanted}")
    kept = theirs.replace("1", "")
    view = result[tuple(0 if axis == "1" else slice(None) for axis in theirs)]
    return view.transpose([kept.index(axis) for axis in ours])
