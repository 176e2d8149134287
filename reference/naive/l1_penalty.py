"""L1 penalty (lasso), one weight at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._loss_arguments import check_dloss, check_penalty


def l1_penalty_forward(w: np.ndarray, strength: float) -> tuple[np.ndarray, tuple]:
    """`strength * torch.sum(torch.abs(w))`.

    w has any shape; the loss is a 0-d array. Raises TypeError on anything but a floating-point
    array and a number, ValueError on a negative strength.
    """
    strength = check_penalty(w, strength)
    sizes, signs = np.zeros(w.shape, w.dtype), np.zeros(w.shape, w.dtype)
    for i in np.ndindex(w.shape):
        signs[i] = np.sign(w[i].real)
        sizes[i] = signs[i] * w[i]
    loss = strength * np.sum(sizes)
    return np.asarray(loss, w.dtype), (signs, strength)


def l1_penalty_backward(dloss: Any, cache: tuple) -> np.ndarray:
    """Gradient dw of `l1_penalty_forward`, in the shape of w; it is 0 at w = 0.

    dloss is a number or a 0-d array.
    """
    signs, strength = cache
    dloss = check_dloss(dloss, (), signs.dtype)
    dw = np.zeros(signs.shape, signs.dtype)
    for i in np.ndindex(signs.shape):
        dw[i] = strength * signs[i] * dloss
    return dw
