"""The checked arguments of batch normalisation, shared by both paths of batch_norm."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._arguments import array, boolean, number, same_dtype, shaped

RUNNING_VAR_UPDATES = ("unbiased", "biased")


def check_batch_norm(
    x: Any, gamma: Any, beta: Any, running_mean: Any, running_var: Any, running_var_update: Any
) -> None:
    """Refuse arrays that do not fit together, with TypeError or ValueError naming the bad one."""
    array("x", x, "N C", "N C H W")
    vectors = {
        "gamma": gamma,
        "beta": beta,
        "running_mean": running_mean,
        "running_var": running_var,
    }
    for name, vector in vectors.items():
        if vector is not None:
            shaped(name, array(name, vector), (x.shape[1],))
    same_dtype(x=x, **vectors)
    if (running_mean is None) != (running_var is None):
        raise ValueError("running_mean and running_var must be both given or both None, got one")
    if running_var_update not in RUNNING_VAR_UPDATES:
        raise ValueError(
            f"running_var_update must be one of {RUNNING_VAR_UPDATES}, got {running_var_update!r}"
        )


def check_mode(shape: tuple[int, ...], training: Any, tracked: bool, eps: Any) -> bool:
    """Whether to normalise by the batch. Raises ValueError where its variance says nothing."""
    boolean("training", training)
    by_batch = bool(training) or not tracked
    number("eps", eps, 0)
    if by_batch and shape[0] * np.prod(shape[2:]) == 1:
        raise ValueError(f"Expected more than 1 value per channel when training, got x {shape}")
    return by_batch
