"""How large gradients are, by layer or together, one number at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reference._gradient_norm_arguments import LAYERS, check_gradient_norms


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
    found = []
    square = dtype.type(0)
    for g in gradients:
        added, largest, squares = dtype.type(0), dtype.type(0), dtype.type(0)
        for i in np.ndindex(g.shape):
            size = abs(g[i])
            added = added + size
            largest = max(largest, size)
            squares = squares + size**2
        square = square + squares
        value = {"mean": added / g.size, "max": largest, "norm": squares**0.5}
        found.append(value.get(statistic))
    if statistic == "total":
        return np.asarray(square**0.5, dtype)
    return np.array(found, dtype)
