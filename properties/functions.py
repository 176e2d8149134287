"""What is built from plain data for a candidate: functions of one array, and sets of samples.

Used in the worker too, so it imports NumPy alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

QUADRATIC, CUBIC = 0.5, 0.25


def differentiated(at: Mapping[str, Any], inputs: Mapping[str, Any]) -> Callable[[Any], Any]:
    """f(x) = z + z^2 / 2 + z^3 / 4 with z = A x, of the shape of df, or a number without one.

    A has a row for each number of f(x). With `reuses` every call gives the same array, filled
    anew. Raises ValueError where x has another number of elements than A has columns.
    """
    weights, shape = inputs["A"], inputs["df"].shape if "df" in inputs else ()
    kept = np.zeros(shape, inputs["x"].dtype)

    def f(x: Any) -> Any:
        out = np.asarray(cubic(weights @ np.reshape(x, -1)).reshape(shape))
        if "df" not in inputs:
            return out[()]
        if not at["reuses"]:
            return out
        kept[...] = out
        return kept

    return f


def cubic(z: Any) -> Any:
    """The polynomial of each number, of an array or a tensor."""
    return z + QUADRATIC * z**2 + CUBIC * z**3


ERRORS: Mapping[str, type[Exception]] = {
    "OSError": OSError,
    "ValueError": ValueError,
    "RuntimeError": RuntimeError,
    "KeyError": KeyError,
}


class Samples:
    """A data set of pairs (x[n], y[n]), some of which are None or raise when they are asked for.

    `states` says of each "fine", "none", or the name of what it raises.
    """

    def __init__(self, states: Sequence[str], x: np.ndarray, y: np.ndarray) -> None:
        self._states, self._x, self._y = states, x, y

    def __len__(self) -> int:
        return len(self._states)

    def __getitem__(self, n: int) -> tuple[np.ndarray, int] | None:
        state = self._states[n]
        if state in ERRORS:
            raise ERRORS[state](f"sample {n} is truncated")
        return None if state == "none" else (self._x[n, ...], int(self._y[n]))
