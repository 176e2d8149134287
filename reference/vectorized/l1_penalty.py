"""L1 penalty (lasso).

Two passes over w, one for the absolute values and one that adds them up pairwise; the gradient is
a multiple of the signs, in place.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._loss_arguments import check_dloss, check_penalty


def l1_penalty_forward(w: np.ndarray, strength: float) -> tuple[np.ndarray, tuple]:
    """`strength * torch.sum(torch.abs(w))`.

    w has any shape; the loss is a 0-d array. Raises TypeError on anything but a floating-point
    array and a number, ValueError on a negative strength. The cache holds w itself.
    """
    strength = check_penalty(w, strength)
    loss = strength * np.abs(w).sum()
    return np.asarray(loss, w.dtype), (w, strength)


def l1_penalty_backward(dloss: Any, cache: tuple) -> np.ndarray:
    """Gradient dw of `l1_penalty_forward`, in the shape of w; it is 0 at w = 0.

    dloss is a number or a 0-d array.
    """
    w, strength = cache
    dloss = check_dloss(dloss, (), w.dtype)
    dw = np.sign(w, out=np.empty(w.shape, w.dtype))
    return np.multiply(dw, strength * dloss, out=dw)
