"""The step that Adam and AdamW share, a strip of numbers in cache at a time."""

from __future__ import annotations

import numpy as np

from reference._optimizer_arguments import (
    booleans,
    check_parameter,
    check_t,
    fractions,
    rates,
)
from reference.vectorized._averages import average
from reference.vectorized._strips import element_strips

Five = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def adam_step(
    arrays: tuple[np.ndarray, ...],
    *,
    lr: float,
    betas: tuple[float, float],
    eps: float,
    weight_decay: float,
    amsgrad: bool,
    maximize: bool,
    decoupled: bool,
) -> Five:
    """New arrays (w, m, v, v_max, t) from (w, dw, m, v, v_max, t).

    The two corrections are folded into the rate and into the divisor, a number each. Raises
    TypeError and ValueError on bad arguments.
    """
    w, dw, m, v, v_max, t = arrays
    check_parameter(w, dw, m=m, v=v, v_max=v_max)
    steps = check_t(t) + 1
    lr, eps, weight_decay = rates(lr=lr, eps=eps, weight_decay=weight_decay)
    beta1, beta2 = fractions(beta1=betas[0], beta2=betas[1])
    amsgrad, maximize = booleans(amsgrad=amsgrad, maximize=maximize)
    rate, root = lr / (1 - beta1**steps), (1 - beta2**steps) ** -0.5
    ws, dws, ms, vs = (a.ravel() for a in (w, dw, m, v))
    new_w, new_m, new_v = np.empty((3, w.size), w.dtype)
    new_v_max = v_max.flatten()
    for s in element_strips(w):
        g = np.multiply(dws[s], -1.0 if maximize else 1.0)
        if weight_decay and not decoupled:
            g += weight_decay * ws[s]
        average(new_m[s], ms[s], g, beta1)
        g *= g
        average(new_v[s], vs[s], g, beta2)
        if amsgrad:
            np.maximum(new_v_max[s], new_v[s], out=new_v_max[s])
        divisor = np.sqrt((new_v_max if amsgrad else new_v)[s], out=g)
        divisor *= root
        divisor += eps
        np.multiply(ws[s], 1 - lr * weight_decay if decoupled else 1.0, out=new_w[s])
        new_w[s] -= np.divide(rate * new_m[s], divisor, out=divisor)
    moved = (a.reshape(w.shape) for a in (new_w, new_m, new_v, new_v_max))
    return *moved, np.array(steps, t.dtype)  # type: ignore[return-value]
