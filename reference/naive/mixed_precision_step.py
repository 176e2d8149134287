"""A step of descent with scaled gradients, one number at a time."""

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
    parameters, gradients = (w.copy(), b.copy()), (dw.copy(), db.copy())
    overflow = False
    for g in gradients:
        for i in np.ndindex(g.shape):
            if not np.isfinite(g[i]):
                overflow = True
    squares = 0.0
    for g in gradients:
        for i in np.ndindex(g.shape):
            g[i] = g[i] / scale
            squares += 0.0 if overflow else g[i] ** 2
    factor = 1.0
    if most is not None:
        factor = min(1.0, most / (np.sqrt(squares) + 1e-6))
    for p, g in zip(parameters, gradients, strict=True):
        for i in np.ndindex(p.shape):
            if not overflow:
                p[i] = p[i] - lr * factor * g[i]
    new_scale, tracker = scale, int(growth_tracker) + 1
    if overflow:
        new_scale, tracker = scale * backoff, 0
    elif tracker == interval:
        new_scale, tracker = scale * growth, 0
    return *parameters, np.array(new_scale, w.dtype), np.array(tracker, growth_tracker.dtype)
