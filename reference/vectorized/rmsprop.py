"""One step of RMSprop, a strip of numbers in cache at a time."""

from __future__ import annotations

import numpy as np

from reference._optimizer_arguments import booleans, check_parameter, rates
from reference.vectorized._averages import average
from reference.vectorized._strips import element_strips


def rmsprop_forward(
    w: np.ndarray,
    dw: np.ndarray,
    square_avg: np.ndarray,
    grad_avg: np.ndarray,
    velocity: np.ndarray,
    *,
    lr: float = 1e-2,
    alpha: float = 0.99,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    momentum: float = 0.0,
    centered: bool = False,
    maximize: bool = False,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """One step of `torch.optim.RMSprop`: new arrays (w, square_avg, grad_avg, velocity).

    w, its gradient dw, the averages of squares and of gradients and the velocity have one shape,
    any; all but w start at zero. The averages move towards g^2 and g, g = dw + weight_decay w,
    keeping the fraction alpha; w moves by -lr g / (sqrt(square_avg) + eps), or with a momentum by
    -lr velocity, to which these ratios are added up. `centered` takes the squared grad_avg from
    square_avg under the root. What is not in use (grad_avg, velocity) stays as it was. Tieleman
    and Hinton 2012, Graves 2013. Raises TypeError and ValueError on bad arguments.
    """
    check_parameter(w, dw, square_avg=square_avg, grad_avg=grad_avg, velocity=velocity)
    lr, eps, weight_decay = rates(lr=lr, eps=eps, weight_decay=weight_decay)
    alpha, momentum = rates(alpha=alpha, momentum=momentum)
    centered, maximize = booleans(centered=centered, maximize=maximize)
    ws, dws, squares = w.ravel(), dw.ravel(), square_avg.ravel()
    new_w, new_square_avg = np.empty((2, w.size), w.dtype)
    new_grad_avg, new_velocity = grad_avg.flatten(), velocity.flatten()
    for s in element_strips(w):
        g = np.multiply(dws[s], -1.0 if maximize else 1.0)
        if weight_decay:
            g += weight_decay * ws[s]
        average(new_square_avg[s], squares[s], g * g, alpha)
        variance = new_square_avg[s]
        if centered:
            average(new_grad_avg[s], new_grad_avg[s], g, alpha)
            variance = variance - new_grad_avg[s] ** 2
        g /= np.sqrt(variance) + eps
        if momentum:
            new_velocity[s] *= momentum
            new_velocity[s] += g
            g[...] = new_velocity[s]
        g *= lr
        np.subtract(ws[s], g, out=new_w[s])
    moved = new_w, new_square_avg, new_grad_avg, new_velocity
    return tuple(a.reshape(w.shape) for a in moved)  # type: ignore[return-value]
