"""One step of stochastic gradient descent, a strip of numbers in cache at a time."""

from __future__ import annotations

import numpy as np

from reference._optimizer_arguments import (
    booleans,
    check_forms,
    check_momentum,
    check_parameter,
    rates,
)
from reference.vectorized._strips import element_strips


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
    unit, rate = (-lr, 1.0) if scaled else (1.0, -lr)  # of a velocity, and of a step
    kept = 0.0 if fresh and start == "gradient" else momentum
    share = unit if kept == 0 else unit * (1 - dampening)
    new_w, new_velocity = np.empty((2, w.size), w.dtype)
    ws, dws, velocities = w.ravel(), dw.ravel(), velocity.ravel()
    for s in element_strips(w):
        g = np.multiply(dws[s], -1.0 if maximize else 1.0)
        if weight_decay:
            g += weight_decay * ws[s]
        v = np.multiply(velocities[s], kept, out=new_velocity[s])
        v += share * g
        if nesterov:
            g *= unit
            g += momentum * v
        np.multiply(g if nesterov else v, rate, out=new_w[s])
        new_w[s] += ws[s]
    if momentum == 0 and not scaled:
        new_velocity = velocities.copy()
    return new_w.reshape(w.shape), new_velocity.reshape(w.shape)
