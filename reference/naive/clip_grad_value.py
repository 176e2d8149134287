"""Gradients clipped to an interval, one number at a time."""

from __future__ import annotations

import numpy as np

from reference._arguments import number
from reference._clip_arguments import check_gradients


def clip_grad_value_forward(
    g1: np.ndarray, g2: np.ndarray, g3: np.ndarray, *, clip_value: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`torch.nn.utils.clip_grad_value_` of the gradients of three parameters: (g1, g2, g3).

    The gradients, of any shapes, come back as new arrays, each number moved into
    [-clip_value, clip_value]. Raises TypeError and ValueError on bad arguments.
    """
    check_gradients(g1=g1, g2=g2, g3=g3)
    clip_value = number("clip_value", clip_value, 0)
    clipped = []
    for g in (g1, g2, g3):
        c = np.zeros(g.shape, g.dtype)
        for i in np.ndindex(g.shape):
            c[i] = min(max(g[i], -clip_value), clip_value)
        clipped.append(c)
    c1, c2, c3 = clipped
    return c1, c2, c3
