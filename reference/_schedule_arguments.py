"""The checked arguments of learning rate schedules, shared by both paths of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
