"""A rate that follows half a cosine down, and up again, one step at a time."""

from __future__ import annotations

import math

import numpy as np

from reference._arguments import integer, number
from reference._schedule_arguments import check_rates


def cosine_annealing_lr_forward(
    base_lr: np.ndarray,
    n: int,
    *,
    T_max: int,
    eta_min: float = 0.0,
) -> np.ndarray:
    """`torch.optim.lr_scheduler.CosineAnnealingLR`.

    The rates lr (n,) of steps 0 to n - 1: eta_min + (base_lr - eta_min) (1 + cos(pi t / T_max)) /
    2, which is back at base_lr () after 2 T_max steps. Loshchilov and Hutter 2017, without
    restarts. Raises TypeError and ValueError on bad arguments.
    """
    n = check_rates(n, base_lr=base_lr)
    T_max, eta_min = integer("T_max", T_max, 1), number("eta_min", eta_min, 0)
    lr = np.zeros(n, base_lr.dtype)
    for t in range(n):
        lr[t] = eta_min + (base_lr - eta_min) * (1 + math.cos(math.pi * t / T_max)) / 2
    return lr
