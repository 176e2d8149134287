"""Division by the norm.

x is seen as (A, L, B), with the axis in the middle: the sums along it are one `einsum` each,
without a copy.
"""

from __future__ import annotations

import math

import numpy as np

from reference._conv_arguments import check_dout
from reference._normalize_arguments import check_normalize


def normalize_forward(
    x: np.ndarray, *, p: int = 2, axis: int = 1, eps: float = 1e-12
) -> tuple[np.ndarray, tuple]:
    """`torch.nn.functional.normalize`: x divided by its norm along an axis, or by eps if larger.

    x has one dimension or more; the norm is the sum of absolute values for p = 1, the Euclidean
    one for p = 2. A vector of zeros gives zeros. The output has the shape of x. Raises TypeError
    and ValueError on bad arguments. The cache holds x itself.
    """
    axis, eps = check_normalize(x, p, axis, eps)
    vectors = _around(x, axis)
    if p == 2:
        norms = np.sqrt(np.einsum("alb,alb->ab", vectors, vectors))[:, None]
    else:
        norms = np.abs(vectors).sum(axis=1, keepdims=True)
    clipped = norms <= eps
    norms[clipped] = eps
    return (vectors / norms).reshape(x.shape), (x, norms, clipped, p, axis)


def normalize_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Gradient dx of `normalize_forward`, in the shape of x: dout / eps where the norm is below."""
    x, norms, clipped, p, axis = cache
    check_dout(dout, x.shape, x.dtype)
    vectors, dunits = _around(x, axis), _around(dout, axis)
    along = np.einsum("alb,alb->ab", dunits, vectors)[:, None] / norms
    along[clipped] = 0
    dx = vectors * (along / norms) if p == 2 else np.sign(vectors) * along
    np.subtract(dunits, dx, out=dx)
    dx /= norms
    return dx.reshape(x.shape)


def _around(x: np.ndarray, axis: int) -> np.ndarray:
    """x as (A, L, B) with L the size of an axis."""
    shape = x.shape
    return x.reshape(math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :]))
