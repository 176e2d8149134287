"""Dropout."""

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
    if mask is None:
        mask = np.random.default_rng(seed).random(x.shape) >= p
    mask = np.array(mask)
    scale = 1 / (1 - p) if p < 1 else 0.0
    if not training:
        mask, scale = np.ones(x.shape, bool), 1.0
    out = np.asarray(x * mask * scale, x.dtype)
    return out, mask.copy(), (mask, scale, x.dtype)


def dropout_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Gradient dx of `dropout_forward`, in the shape of x: dout / (1 - p) where x was kept."""
    mask, scale, dtype = cache
    check_dout(dout, mask.shape, dtype)
    dx = np.asarray(dout * mask * scale, dtype)
    return dx
