"""One step of Adam with decoupled weight decay, one number at a time."""

from __future__ import annotations

import numpy as np

from reference._optimizer_arguments import (
    booleans,
    check_parameter,
    check_t,
    fractions,
    rates,
)


def adamw_forward(
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
    weight_decay: float = 1e-2,
    amsgrad: bool = False,
    maximize: bool = False,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """One step of `torch.optim.AdamW`: new arrays (w, m, v, v_max, t).

    w, its gradient dw, the averages m of gradients and v of their squares, and v_max have one
    shape, any; t (), an integer array, counts the steps done before. All but w start at zero. m
    and v move towards g and g^2, and w by -lr m / (sqrt(v) + eps), both divided by what an average
    that started at zero still lacks (1 - beta^t, t counted from 1). With `amsgrad` the largest v so
    far, v_max, takes the place of v there (otherwise v_max stays as it was); g is
    dw alone: first of all w shrinks by lr weight_decay w, past the averages. Loshchilov and Hutter
    2019. Raises TypeError and ValueError on bad arguments.
    """
    check_parameter(w, dw, m=m, v=v, v_max=v_max)
    steps = check_t(t) + 1
    lr, eps, weight_decay = rates(lr=lr, eps=eps, weight_decay=weight_decay)
    beta1, beta2 = fractions(beta1=beta1, beta2=beta2)
    amsgrad, maximize = booleans(amsgrad=amsgrad, maximize=maximize)
    correction1, correction2 = 1 - beta1**steps, 1 - beta2**steps
    new_w, new_m, new_v = (np.zeros(w.shape, w.dtype) for _ in range(3))
    new_v_max = v_max.copy()
    for i in np.ndindex(w.shape):
        g = -dw[i] if maximize else dw[i]
        decayed = w[i] - lr * weight_decay * w[i]
        new_m[i] = beta1 * m[i] + (1 - beta1) * g
        new_v[i] = beta2 * v[i] + (1 - beta2) * g**2
        second = new_v[i]
        if amsgrad:
            new_v_max[i] = max(v_max[i], new_v[i])
            second = new_v_max[i]
        m_hat = new_m[i] / correction1
        v_hat = second / correction2
        new_w[i] = decayed - lr * m_hat / (np.sqrt(v_hat) + eps)
    return new_w, new_m, new_v, new_v_max, np.array(steps, t.dtype)
