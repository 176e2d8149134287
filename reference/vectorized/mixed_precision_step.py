"""A step of descent with scaled gradients, all numbers at once."""

from __future__ import annotations

import numpy as np

from reference._mixed_precision_arguments import check_mixed_precision_step

Results = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def mixed_precision_step_forward(
    w: np.ndarray,
    b: np.ndarray,
    dw: np.ndarray,
    db: np.ndarray,
    scale: np.ndarray,
    growth_tracker: np.ndarray,
    *,
    lr: float = 0.01,
    growth_factor: float = 2.0,
    backoff_factor: float = 0.5,
    growth_interval: int = 2000,
    max_norm: float | None = None,
) -> Results:
    """A step of descent with scaled gradients: (w, b, scale, growth_tracker) after it.

    w, b are parameters of any shapes, dw, db the gradients of a loss that was multiplied by `scale`
    (a number). They are divided by it, and clipped to a total norm of max_norm if there is one, as
    `clip_grad_norm_` does; then w and b move by -lr times them. Where a gradient is infinite or nan
    neither moves: the scale is multiplied by backoff_factor, and growth_tracker is 0 again. It
    counts steps without; after growth_interval in a row the scale is multiplied by growth_factor:
    `torch.amp.GradScaler` with `torch.optim.SGD` (Micikevicius et al. 2018). Raises TypeError and
    ValueError on bad arguments.
    """
    given = (w, b, dw, db, scale, growth_tracker)
    lr, growth, backoff, interval, most = check_mixed_precision_step(
        *given, lr, growth_factor, backoff_factor, growth_interval, max_norm
    )
    if not (np.isfinite(dw).all() and np.isfinite(db).all()):
        back = np.array(scale * backoff, w.dtype)
        return w.copy(), b.copy(), back, np.zeros((), growth_tracker.dtype)
    rate = lr / float(scale)
    if most is not None:
        norm = np.hypot(np.linalg.norm(dw), np.linalg.norm(db)) / scale
        rate *= min(1.0, most / (float(norm) + 1e-6))
    grown = int(growth_tracker) + 1 == interval
    tracker = np.array(0 if grown else growth_tracker + 1, growth_tracker.dtype)
    return (
        w - rate * dw,
        b - rate * db,
        np.array(scale * (growth if grown else 1), w.dtype),
        tracker,
    )
