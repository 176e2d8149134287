"""One step of stochastic gradient descent, one number at a time."""

from __future__ import annotations

import numpy as np

from reference._optimizer_arguments import (
    booleans,
    check_forms,
    check_momentum,
    check_parameter,
    rates,
)


def sgd_forward(
    w: np.ndarray,
    dw: np.ndarray,
    velocity: np.ndarray,
    *,
    lr: float,
    momentum: float = 0.0,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
    maximize: bool = False,
    fresh: bool = False,
    velocity_form: str = "torch",
    start: str = "gradient",
) -> tuple[np.ndarray, np.ndarray]:
    """One step of `torch.optim.SGD`: new arrays (w, velocity).

    w, its gradient dw and velocity have one shape, any. The velocity ("momentum_buffer") moves to
    momentum velocity + (1 - dampening) g, and w by -lr times it (or -lr (g + momentum velocity)
    with `nesterov`), where g = dw + weight_decay w. `fresh` says that no step came before: then the
    velocity is g, undampened, or with `start` "zero" (some courses) moves from the zeros that it is
    given. Without momentum there is no velocity: it stays as it was. With `velocity_form` "scaled"
    the velocity has the factor -lr (Sutskever et al. 2013), so that w moves by the velocity itself:
    the same as long as lr is, but a velocity keeps the lr it was made with. Raises TypeError and
    ValueError on bad arguments.
    """
    check_parameter(w, dw, velocity=velocity)
    lr, momentum, weight_decay = rates(lr=lr, momentum=momentum, weight_decay=weight_decay)
    nesterov, maximize, fresh = booleans(nesterov=nesterov, maximize=maximize, fresh=fresh)
    dampening = check_momentum(momentum, dampening, nesterov)
    check_forms(velocity_form, start)
    scaled = velocity_form == "scaled"
    new_w, new_velocity = np.zeros(w.shape, w.dtype), np.zeros(w.shape, w.dtype)
    for i in np.ndindex(w.shape):
        g = -dw[i] if maximize else dw[i]
        g = g + weight_decay * w[i]
        if scaled:
            g = -lr * g
        if momentum == 0 or (fresh and start == "gradient"):
            v = g
        else:
            v = momentum * velocity[i] + (1 - dampening) * g
        step = g + momentum * v if nesterov else v
        new_w[i] = w[i] + step if scaled else w[i] - lr * step
        new_velocity[i] = velocity[i] if momentum == 0 and not scaled else v
    return new_w, new_velocity
