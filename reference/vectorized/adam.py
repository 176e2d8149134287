"""One step of Adam, a strip of numbers in cache at a time."""

from __future__ import annotations

import numpy as np

from reference.vectorized._adam import adam_step


def adam_forward(
    w: np.ndarray,
    dw: np.ndarray,
    m: np.ndarray,
    v: np.ndarray,
    v_max: np.ndarray,
    t: np.ndarray,
    *,
    lr: float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    amsgrad: bool = False,
    maximize: bool = False,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """One step of `torch.optim.Adam`: new arrays (w, m, v, v_max, t).

    w, its gradient dw, the averages m of gradients and v of their squares, and v_max have one
    shape, any; t (), an integer array, counts the steps done before. All but w start at zero. m
    and v move towards g and g^2, and w by -lr m / (sqrt(v) + eps), both divided by what an average
    that started at zero still lacks (1 - beta^t, t counted from 1). With `amsgrad` the largest v so
    far, v_max, takes the place of v there (otherwise v_max stays as it was); g is
    dw + weight_decay w. Kingma and Ba 2015, Reddi et al. 2018. Raises TypeError and ValueError on
    bad arguments.
    """
    return adam_step(
        (w, dw, m, v, v_max, t),
        lr=lr,
        betas=(beta1, beta2),
        eps=eps,
        weight_decay=weight_decay,
        amsgrad=amsgrad,
        maximize=maximize,
        decoupled=False,
    )
