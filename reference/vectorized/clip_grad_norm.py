"""Gradients clipped by their common norm; the usual one is a sum of fast sums of squares."""

from __future__ import annotations

import math

import numpy as np

from reference._clip_arguments import check_gradients, check_norm
from reference.vectorized._squares import sum_of_squares

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
    norm = np.asarray(_norm(gradients, norm_type), g1.dtype)
    factor = min(max_norm / (float(norm) + 1e-6), 1.0)
    c1, c2, c3 = (np.asarray(factor * g) for g in gradients)
    return c1, c2, c3, norm


def _norm(gradients: tuple[np.ndarray, ...], norm_type: float) -> float:
    if norm_type == math.inf:
        return max(float(np.abs(g).max(initial=0)) for g in gradients)
    if norm_type == 2:
        return math.sqrt(sum(float(sum_of_squares(g)) for g in gradients))
    return float(sum(float((np.abs(g) ** norm_type).sum()) for g in gradients) ** (1 / norm_type))
