"""One step of RMSprop, one number at a time."""

from __future__ import annotations

import numpy as np

from reference._optimizer_arguments import booleans, check_parameter, rates


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
    new_w, new_square_avg = np.zeros(w.shape, w.dtype), np.zeros(w.shape, w.dtype)
    new_grad_avg, new_velocity = grad_avg.copy(), velocity.copy()
    for i in np.ndindex(w.shape):
        g = -dw[i] if maximize else dw[i]
        g = g + weight_decay * w[i]
        new_square_avg[i] = alpha * square_avg[i] + (1 - alpha) * g**2
        variance = new_square_avg[i]
        if centered:
            new_grad_avg[i] = alpha * grad_avg[i] + (1 - alpha) * g
            variance = variance - new_grad_avg[i] ** 2
        step = g / (np.sqrt(variance) + eps)
        if momentum > 0:
            step = new_velocity[i] = momentum * velocity[i] + step
        new_w[i] = w[i] - lr * step
    return new_w, new_square_avg, new_grad_avg, new_velocity
