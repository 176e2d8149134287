"""A rate that falls by a factor every so many steps, one step at a time."""

from __future__ import annotations

import numpy as np

from reference._arguments import integer, number
from reference._schedule_arguments import check_rates


def step_lr_forward(
    base_lr: np.ndarray,
    n: int,
    *,
    step_size: int,
    gamma: float = 0.1,
) -> np.ndarray:
    """`torch.optim.lr_scheduler.StepLR`.

    The rates lr (n,) of steps 0 to n - 1: base_lr (), times gamma once for every step_size steps
    done. Raises TypeError and ValueError on bad arguments.
    """
    n = check_rates(n, base_lr=base_lr)
    step_size, gamma = integer("step_size", step_size, 1), number("gamma", gamma, 0)
    lr = np.zeros(n, base_lr.dtype)
    for t in range(n):
        lr[t] = base_lr * gamma ** (t // step_size)
    return lr
