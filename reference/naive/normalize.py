"""Division by the norm, one vector at a time."""

from __future__ import annotations

import numpy as np

from reference._conv_arguments import check_dout
from reference._normalize_arguments import check_normalize


def normalize_forward(
    x: np.ndarray, *, p: int = 2, axis: int = 1, eps: float = 1e-12
) -> tuple[np.ndarray, tuple]:
    """`torch.nn.functional.normalize`: x divided by its norm along an axis, or by eps if larger.

    x has one dimension or more; the norm is the sum of absolute values for p = 1, the Euclidean
    one for p = 2. A vector of zeros gives zeros. The output has the shape of x. Raises TypeError
    and ValueError on bad arguments.
    """
    axis, eps = check_normalize(x, p, axis, eps)
    out = np.zeros(x.shape, x.dtype)
    vectors, units = np.moveaxis(x, axis, -1), np.moveaxis(out, axis, -1)
    norms, clipped = np.zeros(vectors.shape[:-1], x.dtype), np.zeros(vectors.shape[:-1], bool)
    for n in np.ndindex(norms.shape):
        v = vectors[n]
        norm = np.sqrt(np.sum(v**2)) if p == 2 else np.sum(v * np.sign(v.real))
        clipped[n] = norm.real <= eps
        norms[n] = eps if clipped[n] else norm
        units[n] = v / norms[n]
    return out, (out.copy(), norms, clipped, p, axis)


def normalize_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Gradient dx of `normalize_forward`, in the shape of x: dout / eps where the norm is below."""
    out, norms, clipped, p, axis = cache
    check_dout(dout, out.shape, out.dtype)
    dx = np.zeros(out.shape, out.dtype)
    units, dunits, dvectors = (np.moveaxis(a, axis, -1) for a in (out, dout, dx))
    for n in np.ndindex(norms.shape):
        dvectors[n] = dunits[n]
        if not clipped[n]:
            dnorm = units[n] if p == 2 else np.sign(units[n])
            dvectors[n] -= dnorm * np.sum(dunits[n] * units[n])
        dvectors[n] /= norms[n]
    return dx
