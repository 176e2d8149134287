"""A rate that falls by a factor at every step, one step at a time."""

from __future__ import annotations

import numpy as np

from reference._arguments import number
from reference._schedule_arguments import check_rates


def exponential_lr_forward(
    base_lr: np.ndarray,
    n: int,
    *,
    gamma: float,
) -> np.ndarray:
    """`torch.optim.lr_scheduler.ExponentialLR`.

    The rates lr (n,) of steps 0 to n - 1: base_lr () gamma^t. Raises TypeError and ValueError on
    bad arguments.
    """
    n = check_rates(n, base_lr=base_lr)
    gamma = number("gamma", gamma, 0)
    lr = np.zeros(n, base_lr.dtype)
    for t in range(n):
        lr[t] = base_lr * gamma**t
    return lr
