"""A rate that goes up and down between two bounds, one step at a time."""

from __future__ import annotations

import numpy as np

from reference._arguments import integer, number
from reference._schedule_arguments import check_mode, check_rates


def cyclic_lr_forward(
    base_lr: np.ndarray,
    max_lr: np.ndarray,
    n: int,
    *,
    step_size_up: int = 2000,
    step_size_down: int | None = None,
    mode: str = "triangular",
    gamma: float = 1.0,
) -> np.ndarray:
    """`torch.optim.lr_scheduler.CyclicLR`.

    The rates lr (n,) of steps 0 to n - 1: from base_lr () in step_size_up equal steps to max_lr (),
    and in step_size_down (None: as many) back. With mode "triangular2" the height halves after each
    cycle, with "exp_range" it is multiplied by gamma^t. Smith 2017. Raises TypeError and ValueError
    on bad arguments.
    """
    n = check_rates(n, base_lr=base_lr, max_lr=max_lr)
    up = integer("step_size_up", step_size_up, 1)
    down = up if step_size_down is None else integer("step_size_down", step_size_down, 1)
    mode, gamma = check_mode(mode), number("gamma", gamma, 0)
    lr = np.zeros(n, base_lr.dtype)
    for t in range(n):
        cycle, position = divmod(t, up + down)
        height = position / up if position <= up else (up + down - position) / down
        if mode == "triangular2":
            height = height / 2**cycle
        if mode == "exp_range":
            height = height * gamma**t
        lr[t] = base_lr + (max_lr - base_lr) * height
    return lr
