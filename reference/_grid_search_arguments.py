"""The checked arguments of a grid search, shared by both paths."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._arguments import array, integer, integers, number, same_dtype, shaped

TIES = ("first", "last")


def check_search(
    x: Any,
    y: Any,
    x_val: Any,
    y_val: Any,
    W: Any,
    rates: Any,
    penalties: Any,
    steps: Any,
    ties: Any,
) -> int:
    """steps, where each list has a value at least, and all arrays belong together."""
    D, C = array("W", W, "D C").shape
    for name, samples, labels in (("x", x, y), ("x_val", x_val, y_val)):
        of = name.replace("x", "y")
        shaped(name, array(name, samples, "N D"), (len(samples), D))
        shaped(of, integers(of, labels, "N"), (len(samples),))
        if len(labels) == 0 or labels.min() < 0 or labels.max() >= C:
            raise ValueError(f"{of} must hold classes from 0 to {C - 1}, at least one")
    same_dtype(x=x, x_val=x_val, W=W)
    for name, values in (("rates", rates), ("penalties", penalties)):
        if not isinstance(values, (tuple, list, np.ndarray)) or len(values) == 0:
            raise ValueError(f"{name} must be a list of one number at least, got {values!r}")
        for value in values:
            number(name, value, 0)
    if ties not in TIES:
        raise ValueError(f"ties must be one of {', '.join(TIES)}, got {ties!r}")
    return integer("steps", steps, 1)
