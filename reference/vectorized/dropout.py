"""Dropout.

The mask has one byte an element, and multiplies without branches; the scale follows in place,
where there is one.
"""

from __future__ import annotations

import numpy as np

from reference._conv_arguments import check_dout
from reference._dropout_arguments import check_dropout


def dropout_forward(
    x: np.ndarray,
    mask: np.ndarray | None = None,
    *,
    p: float = 0.5,
    training: bool = True,
    seed: int | None = None,
) -> tuple[np.ndarray, np.ndarray, tuple]:
    """`torch.nn.functional.dropout`: x / (1 - p) where `mask` is True, else 0.

    x has any shape; p is the probability of dropping an element, from 0 to 1. Returns (out, mask,
    cache): out and the bool mask, True where x is kept, in the shape of x. A `mask` that is given
    is used as it is; otherwise one is drawn from a generator of its own, seeded with `seed` (None:
    by the system). With p = 1 out is 0; in evaluation it is a copy of x, and the mask True. Raises
    TypeError and ValueError on bad arguments.
    """
    p = check_dropout(x, mask, p, training, seed)
    if not training:
        return x.copy(), np.ones(x.shape, bool), (None, 1.0, x.shape, x.dtype)
    if mask is None:
        mask = np.asarray(np.random.default_rng(seed).random(x.shape) >= p)
    kept, scale = mask.copy(), 1 / (1 - p) if p < 1 else 0.0
    return _scaled(x, kept, scale), kept.copy(), (kept, scale, x.shape, x.dtype)


def dropout_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Gradient dx of `dropout_forward`, in the shape of x: dout / (1 - p) where x was kept."""
    kept, scale, shape, dtype = cache
    check_dout(dout, shape, dtype)
    return dout.copy() if kept is None else _scaled(dout, kept, scale)


def _scaled(array: np.ndarray, kept: np.ndarray, scale: float) -> np.ndarray:
    """`array` times `scale` where `kept`, else 0."""
    product = np.multiply(array, kept, out=np.empty(array.shape, array.dtype))
    product *= scale
    return product
