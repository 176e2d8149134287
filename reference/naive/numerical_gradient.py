"""The gradient of any function by central differences, one number at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from reference._numerical_gradient_arguments import check_numerical_gradient, check_result


def numerical_gradient_forward(
    f: Callable[[np.ndarray], Any],
    x: np.ndarray,
    df: np.ndarray | None = None,
    *,
    h: float = 1e-5,
) -> np.ndarray:
    """The gradient dx of the sum of df f(x), in the shape of x: (f(x + h) - f(x - h)) / (2 h).

    f takes an array of the shape of x and gives one of the shape of df, or a number where df is
    None. It may give the same array with every call. x may have any shape and is not written to.
    What `torch.autograd.grad` finds exactly is found up to h^2 / 6 times the third derivative.
    Raises TypeError and ValueError on bad arguments.
    """
    h = check_numerical_gradient(f, x, df, h)
    moved, dx = x.copy(), np.zeros(x.shape, x.dtype)
    for i in np.ndindex(x.shape):
        moved[i] = x[i] + h
        above = check_result(f(moved), df).copy()
        moved[i] = x[i] - h
        below = check_result(f(moved), df).copy()
        moved[i] = x[i]
        rise = above - below if df is None else np.sum(df * (above - below))
        dx[i] = rise / (2 * h)
    return dx
