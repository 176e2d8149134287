"""Where a training stops that waits for a better metric, one metric at a time."""

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
    sign = -1 if mode == "min" else 1
    stopped, best = np.zeros(len(metrics), np.int64), np.zeros(len(metrics), metrics.dtype)
    top, waited = None, 0
    for t, metric in enumerate(metrics):
        gain = np.inf if top is None else sign * (metric - top)
        if waited < patience:
            if gain > min_delta or (gain == min_delta and ties == "last"):
                top, waited = metric, 0
            else:
                waited += 1
        stopped[t] = waited >= patience
        best[t] = top
    return stopped, best
