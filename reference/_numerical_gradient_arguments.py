"""The checked arguments of numerical gradients, shared by both paths."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._arguments import array, number, shaped


def check_numerical_gradient(f: Any, x: Any, df: Any, h: Any) -> float:
    """The step h, above 0. Raises TypeError and ValueError on bad arguments."""
    if not callable(f):
        raise TypeError(f"f must be a function, got {type(f).__name__}")
    if array("x", x).dtype.kind == "c":
        raise TypeError(f"x must be real, got an array of {x.dtype}")
    if df is not None:
        array("df", df)
    h = number("h", h)
    if not h > 0:
        raise ValueError(f"h must be above 0, got {h}")
    return h


def check_result(out: Any, df: Any) -> np.ndarray:
    """What f returned, as an array of the shape of df; without df one number."""
    out = np.asarray(out)
    return shaped("f(x)", out, () if df is None else df.shape)
