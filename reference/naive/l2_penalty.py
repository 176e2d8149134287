"""L2 penalty (weight decay), one weight at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._arguments import boolean
from reference._loss_arguments import check_dloss, check_penalty


def l2_penalty_forward(
    w: np.ndarray, strength: float, *, half: bool = False
) -> tuple[np.ndarray, tuple]:
    """`strength * torch.sum(w**2)`, halved if `half`, as some courses have it.

    w has any shape; the loss is a 0-d array. Raises TypeError on anything but a floating-point
    array and numbers, ValueError on a negative strength.
    """
    strength = check_penalty(w, strength)
    boolean("half", half)
    squares = np.zeros(w.shape, w.dtype)
    for i in np.ndindex(w.shape):
        squares[i] = w[i] ** 2
    loss = strength * np.sum(squares)
    if half:
        loss = loss / 2
    return np.asarray(loss, w.dtype), (w.copy(), strength, half)


def l2_penalty_backward(dloss: Any, cache: tuple) -> np.ndarray:
    """Gradient dw of `l2_penalty_forward`, in the shape of w; dloss is a number or a 0-d array."""
    w, strength, half = cache
    dloss = check_dloss(dloss, (), w.dtype)
    dw = np.zeros(w.shape, w.dtype)
    for i in np.ndindex(w.shape):
        dw[i] = 2 * strength * w[i] * dloss
        if half:
            dw[i] /= 2
    return dw
