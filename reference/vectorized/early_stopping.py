"""Where a training stops that waits for a better metric, from one best to the next."""

from __future__ import annotations

import numpy as np

from reference._stopping_arguments import check_stopping


def early_stopping_forward(
    metrics: np.ndarray,
    *,
    patience: int = 7,
    min_delta: float = 0.0,
    mode: str = "min",
    ties: str = "first",
) -> tuple[np.ndarray, np.ndarray]:
    """When a training stops that waits for a better metric: (stopped, best), each (n,).

    Of metrics (n,) small ones are good, or large ones with mode "max". One is better than the best
    before if it is so by more than min_delta, or with `ties` "last" by as much. After `patience` in
    a row that were not, the training has stopped: stopped (int64) is 1 from there on, best stays.
    `torch.optim.lr_scheduler.ReduceLROnPlateau` would lower the rate there (Prechelt 1998). Raises
    TypeError and ValueError on bad arguments.
    """
    patience, min_delta = check_stopping(metrics, patience, min_delta, mode, ties)
    sign, start, n = -1 if mode == "min" else 1, 0, len(metrics)
    stopped, best = np.zeros(n, np.int64), metrics.copy()
    while start < n:
        best[start:] = metrics[start]
        gains = sign * (metrics[start + 1 : start + 1 + patience] - metrics[start])
        better = gains >= min_delta if ties == "last" else gains > min_delta
        if not better.any():
            stopped[start + patience :] = 1
            break
        start += 1 + int(np.argmax(better))
    return stopped, best
