"""A rate that falls by a factor where a metric no longer gets better, from one best to the next."""

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
    sign = -1 if mode == "min" else 1
    gains, relative = sign * metrics, threshold_mode == "rel"
    falls = np.zeros(len(metrics) + 1, np.intp)
    start, rested, best = -1, -1, -math.inf  # rested: the last metric of the cooldown
    while start < len(metrics):
        limit = best * (1 + sign * threshold) if relative else best + threshold
        later = gains[start + 1 :] > limit
        after = start + 1 + int(np.argmax(later)) if later.any() else len(metrics)
        at = np.arange(max(start, rested) + patience + 1, after, patience + 1 + cooldown)
        falls[at] += 1
        rested = at[-1] + cooldown if len(at) else rested
        start, best = after, gains[after] if after < len(metrics) else best
    rates = [rate]
    for _ in range(int(falls.sum())):
        lower = max(rates[-1] * factor, min_lr)
        rates.append(lower if rates[-1] - lower > eps else rates[-1])
    return np.asarray(rates, base_lr.dtype)[np.cumsum(falls[:-1])]
