"""A rate that rises in equal steps, and stays, all steps at once."""

from __future__ import annotations

import numpy as np

from reference._arguments import integer
from reference._schedule_arguments import check_factors, check_rates


def linear_warmup_lr_forward(
    base_lr: np.ndarray,
    n: int,
    *,
    total_iters: int = 5,
    start_factor: float = 1 / 3,
    end_factor: float = 1.0,
) -> np.ndarray:
    """`torch.optim.lr_scheduler.LinearLR`.

    The rates lr (n,) of steps 0 to n - 1: base_lr () times a factor that goes from start_factor to
    end_factor in total_iters equal steps, and stays there. Goyal et al. 2017. Raises TypeError and
    ValueError on bad arguments.
    """
    n = check_rates(n, base_lr=base_lr)
    total_iters = integer("total_iters", total_iters, 1)
    start, end = check_factors(start_factor, end_factor)
    done = np.minimum(np.arange(n), total_iters) / total_iters
    return np.asarray(base_lr * (start + (end - start) * done), base_lr.dtype)
