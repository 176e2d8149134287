"""How large gradients are, by layer or together: a sum or a maximum of each array."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from reference._gradient_norm_arguments import LAYERS, check_gradient_norms
from reference.vectorized._squares import sum_of_squares


def _norm(g: np.ndarray) -> float:
    return math.sqrt(sum_of_squares(g))


OF_EACH: dict[str, Callable[[np.ndarray], float]] = {
    "mean": lambda g: float(np.abs(g).mean()),
    "max": lambda g: float(np.abs(g).max()),
    "norm": _norm,
    "total": _norm,
}


def gradient_norms_forward(
    g1: np.ndarray | None = None,
    g2: np.ndarray | None = None,
    g3: np.ndarray | None = None,
    *,
    names: Sequence[str] = LAYERS,
    statistic: str = "norm",
    biases: bool = True,
) -> np.ndarray:
    """How large the gradient of each of three parameters is: (K,), or () for the "total".

    The gradients have any shapes; None is that of a parameter that has none, which does not count.
    Without `biases` neither do parameters whose last name is bias, so that K are left, in order.
    statistic: the "mean" or the "max" of the sizes of a gradient's numbers, its Euclidean "norm",
    or the "total" norm, that of the numbers of all: `p.grad.abs().mean()`, `p.grad.abs().max()`,
    `torch.linalg.vector_norm(p.grad)`. Raises TypeError and ValueError on bad arguments.
    """
    gradients = check_gradient_norms((g1, g2, g3), names, statistic, biases)
    dtype = next(g.dtype for g in (g1, g2, g3) if g is not None)
    found = np.array([OF_EACH[statistic](g) for g in gradients], dtype)
    return np.asarray(math.hypot(*found), dtype) if statistic == "total" else found
