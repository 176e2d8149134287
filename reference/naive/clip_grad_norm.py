"""Gradients clipped by their common norm, one number at a time."""

from __future__ import annotations

import math

import numpy as np

from reference._clip_arguments import check_gradients, check_norm

Clipped = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def clip_grad_norm_forward(
    g1: np.ndarray,
    g2: np.ndarray,
    g3: np.ndarray,
    *,
    max_norm: float,
    norm_type: float | str = 2.0,
) -> Clipped:
    """`torch.nn.utils.clip_grad_norm_` of the gradients of three parameters: (g1, g2, g3, norm).

    The gradients, of any shapes, come back as new arrays, all multiplied by
    max_norm / (norm + 1e-6) where that is below 1; norm (), that of all numbers before clipping,
    is the p-norm for p = norm_type, or the largest size for infinity (also "inf"). Pascanu et al.
    2013. Raises TypeError and ValueError on bad arguments.
    """
    check_gradients(g1=g1, g2=g2, g3=g3)
    max_norm, norm_type = check_norm(max_norm, norm_type)
    gradients = (g1, g2, g3)
    total = g1.dtype.type(0)
    for g in gradients:
        for i in np.ndindex(g.shape):
            size = abs(g[i])
            if norm_type == math.inf:
                total = max(total, size)
            else:
                total = total + size**norm_type
    norm = total if norm_type == math.inf else total ** (1 / norm_type)
    factor = min(max_norm / (norm + 1e-6), 1.0)
    c1, c2, c3 = (np.asarray(factor * g, g.dtype) for g in gradients)
    return c1, c2, c3, np.asarray(norm)
