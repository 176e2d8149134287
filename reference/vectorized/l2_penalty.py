"""L2 penalty (weight decay).

The sum of squares is made of products of blocks with themselves, in the memory order of w; the
gradient is a multiple of w.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._arguments import boolean
from reference._loss_arguments import check_dloss, check_penalty
from reference.vectorized._squares import sum_of_squares


def l2_penalty_forward(
    w: np.ndarray, strength: float, *, half: bool = False
) -> tuple[np.ndarray, tuple]:
    """`strength * torch.sum(w**2)`, halved if `half`, as some courses have it.

    w has any shape; the loss is a 0-d array. Raises TypeError on anything but a floating-point
    array and numbers, ValueError on a negative strength. The cache holds w itself.
    """
    strength = check_penalty(w, strength)
    boolean("half", half)
    scale = strength / 2 if half else strength
    loss = scale * sum_of_squares(w)
    return np.asarray(loss, w.dtype), (w, scale)


def l2_penalty_backward(dloss: Any, cache: tuple) -> np.ndarray:
    """Gradient dw of `l2_penalty_forward`, in the shape of w; dloss is a number or a 0-d array."""
    w, scale = cache
    dloss = check_dloss(dloss, (), w.dtype)
    return np.multiply(w, 2 * scale * dloss, out=np.empty(w.shape, w.dtype))
