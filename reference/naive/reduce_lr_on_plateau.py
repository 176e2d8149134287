"""A rate that falls by a factor where a metric no longer gets better, one metric at a time."""

from __future__ import annotations

import math

import numpy as np

from reference._arguments import integer
from reference._schedule_arguments import check_metrics, check_plateau


def reduce_lr_on_plateau_forward(
    base_lr: np.ndarray,
    metrics: np.ndarray,
    *,
    mode: str = "min",
    factor: float = 0.1,
    patience: int = 10,
    threshold: float = 1e-4,
    threshold_mode: str = "rel",
    cooldown: int = 0,
    min_lr: float = 0.0,
    eps: float = 1e-8,
) -> np.ndarray:
    """`torch.optim.lr_scheduler.ReduceLROnPlateau`.

    The rates lr (n,) after each of metrics (n,), of which small ones are good, or large ones with
    mode "max". One is better than the best before if it is so by `threshold`, a part of the best
    ("rel") or an amount ("abs"). After more than `patience` in a row that were not, the rate, first
    base_lr (), is multiplied by `factor`, down to min_lr, unless it falls by no more than eps; the
    next `cooldown` are not counted. Raises TypeError and ValueError on bad arguments.
    """
    rate, metrics = check_metrics(base_lr, metrics)
    options = check_plateau(mode, threshold_mode, factor, threshold, min_lr, eps)
    factor, threshold, min_lr, eps = options
    patience, cooldown = integer("patience", patience, 0), integer("cooldown", cooldown, 0)
    sign, relative = -1 if mode == "min" else 1, threshold_mode == "rel"
    best, waited, cooling = sign * -math.inf, 0, 0
    lr = np.zeros(len(metrics), base_lr.dtype)
    for t, metric in enumerate(metrics.tolist()):
        limit = best * (1 + sign * threshold) if relative else best + sign * threshold
        if sign * metric > sign * limit:
            best, waited = metric, 0
        else:
            waited += 1
        if cooling > 0:
            cooling, waited = cooling - 1, 0
        if waited > patience:
            lower = max(rate * factor, min_lr)
            rate = lower if rate - lower > eps else rate
            cooling, waited = cooldown, 0
        lr[t] = rate
    return lr
