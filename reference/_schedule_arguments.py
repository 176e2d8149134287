"""The checked arguments of learning rate schedules, shared by both paths of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from reference._arguments import array, integer, number, same_dtype, shaped

MODES = ("triangular", "triangular2", "exp_range")


def check_rates(n: Any, **rates: Any) -> int:
    """The number of steps. Rates must be real arrays of shape () and of one dtype.

    Raises TypeError or ValueError naming the bad argument.
    """
    for name, rate in rates.items():
        if shaped(name, array(name, rate), ()).dtype.kind == "c":
            raise TypeError(f"{name} must be real, got an array of {rate.dtype}")
    same_dtype(**rates)
    return integer("n", n, 0)


def check_milestones(milestones: Any) -> tuple[int, ...]:
    """Steps from 1 on, none before the one that stands before it."""
    if not isinstance(milestones, Sequence) or isinstance(milestones, str):
        raise TypeError(f"milestones must be a sequence of ints, got {milestones!r}")
    steps = tuple(integer("milestones", step, 1) for step in milestones)
    if list(steps) != sorted(steps):
        raise ValueError(f"milestones must not fall, got {milestones}")
    return steps


def check_factors(start_factor: Any, end_factor: Any) -> tuple[float, float]:
    """Factors from 0 to 1, the first above 0."""
    start, end = number("start_factor", start_factor, 0), number("end_factor", end_factor, 0)
    if not 0 < start <= 1:
        raise ValueError(f"start_factor must be above 0 and at most 1, got {start}")
    if end > 1:
        raise ValueError(f"end_factor must be at most 1, got {end}")
    return start, end


def check_mode(mode: Any) -> str:
    if mode not in MODES:
        raise ValueError(f"mode must be one of {MODES}, got {mode!r}")
    return str(mode)


def check_metrics(base_lr: Any, metrics: Any) -> tuple[float, np.ndarray]:
    """The first rate, and what is told of each epoch: real (n,), of base_lr's dtype.

    Raises TypeError or ValueError naming the bad argument.
    """
    check_rates(0, base_lr=base_lr)
    if array("metrics", metrics, "n").dtype.kind == "c":
        raise TypeError(f"metrics must be real, got an array of {metrics.dtype}")
    same_dtype(base_lr=base_lr, metrics=metrics)
    return float(base_lr), metrics.astype(np.float64)


def check_plateau(
    mode: Any, threshold_mode: Any, factor: Any, threshold: Any, min_lr: Any, eps: Any
) -> tuple[float, float, float, float]:
    """The factor, the threshold, the lowest rate and the least fall, as Python's numbers.

    Raises TypeError or ValueError naming the bad argument.
    """
    for name, value, allowed in (
        ("mode", mode, ("min", "max")),
        ("threshold_mode", threshold_mode, ("rel", "abs")),
    ):
        if value not in allowed:
            raise ValueError(f"{name} must be one of {allowed}, got {value!r}")
    factor, threshold = number("factor", factor, 0), number("threshold", threshold, 0)
    for name, fraction in (("factor", factor), ("threshold", threshold)):
        if fraction >= 1 and (name == "factor" or threshold_mode == "rel"):
            raise ValueError(f"{name} must be below 1, got {fraction}")
    return factor, threshold, number("min_lr", min_lr, 0), number("eps", eps, 0)
