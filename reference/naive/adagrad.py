"""One step of Adagrad, one number at a time."""

from __future__ import annotations

import numpy as np

from reference._optimizer_arguments import booleans, check_parameter, check_t, rates


def adagrad_forward(
    w: np.ndarray,
    dw: np.ndarray,
    square_sum: np.ndarray,
    t: np.ndarray,
    *,
    lr: float = 1e-2,
    lr_decay: float = 0.0,
    eps: float = 1e-10,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One step of `torch.optim.Adagrad`: new arrays (w, square_sum, t).

    w, its gradient dw and the sum of all squares so far have one shape, any; t (), an integer
    array, counts the steps done before. The sum grows by g^2, g = dw + weight_decay w, and w
    moves by -lr / (1 + t lr_decay) g / (sqrt(square_sum) + eps). Duchi et al. 2011. Raises
    TypeError and ValueError on bad arguments.
    """
    check_parameter(w, dw, square_sum=square_sum)
    done = check_t(t)
    lr, lr_decay = rates(lr=lr, lr_decay=lr_decay)
    eps, weight_decay = rates(eps=eps, weight_decay=weight_decay)
    (maximize,) = booleans(maximize=maximize)
    rate = lr / (1 + done * lr_decay)
    new_w, new_square_sum = np.zeros(w.shape, w.dtype), np.zeros(w.shape, w.dtype)
    for i in np.ndindex(w.shape):
        g = -dw[i] if maximize else dw[i]
        g = g + weight_decay * w[i]
        new_square_sum[i] = square_sum[i] + g**2
        new_w[i] = w[i] - rate * g / (np.sqrt(new_square_sum[i]) + eps)
    return new_w, new_square_sum, np.array(done + 1, t.dtype)
