"""A rate that falls by a factor at given steps, one step at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reference._arguments import number
from reference._schedule_arguments import check_milestones, check_rates


def multi_step_lr_forward(
    base_lr: np.ndarray,
    n: int,
    *,
    milestones: Sequence[int],
    gamma: float = 0.1,
) -> np.ndarray:
    """`torch.optim.lr_scheduler.MultiStepLR`.

    The rates lr (n,) of steps 0 to n - 1: base_lr (), times gamma for every milestone, a step from
    1 on, that is not after t; one that stands there twice counts twice. Raises TypeError and
    ValueError on bad arguments.
    """
    n = check_rates(n, base_lr=base_lr)
    steps, gamma = check_milestones(milestones), number("gamma", gamma, 0)
    lr = np.zeros(n, base_lr.dtype)
    for t in range(n):
        lr[t] = base_lr * gamma ** sum(step <= t for step in steps)
    return lr
