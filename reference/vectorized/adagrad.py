"""One step of Adagrad, a strip of numbers in cache at a time."""

from __future__ import annotations

import numpy as np

from reference._optimizer_arguments import booleans, check_parameter, check_t, rates
from reference.vectorized._strips import element_strips


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
    ws, dws, squares = w.ravel(), dw.ravel(), square_sum.ravel()
    new_w, new_square_sum = np.empty((2, w.size), w.dtype)
    for s in element_strips(w):
        g = np.multiply(dws[s], -1.0 if maximize else 1.0)
        if weight_decay:
            g += weight_decay * ws[s]
        np.multiply(g, g, out=new_square_sum[s])
        new_square_sum[s] += squares[s]
        divisor = np.sqrt(new_square_sum[s])
        divisor += eps
        g *= rate
        g /= divisor
        np.subtract(ws[s], g, out=new_w[s])
    shaped = new_w.reshape(w.shape), new_square_sum.reshape(w.shape)
    return *shaped, np.array(done + 1, t.dtype)
