"""Scaled dot-product attention.

The scores of all queries are one batched matrix product; the softmax turns that array into the
weights where it stands. Backward goes through two products the same way, and three more.
"""

from __future__ import annotations

import numpy as np

from reference._attention_arguments import check_attention, score_scale
from reference._conv_arguments import check_dout


def attention_forward(
    q: np.ndarray,
    k: np.ndarray,
    v: np.ndarray,
    *,
    mask: np.ndarray | None = None,
    causal: bool = False,
    scale: float | None = None,
) -> tuple[np.ndarray, tuple]:
    """`torch.nn.functional.scaled_dot_product_attention`: softmax(q k^T scale) v.

    q (..., T, D), k (..., S, D), v (..., S, E), with the same leading dimensions; the output is
    (..., T, E). mask is boolean, broadcasts to (..., T, S), and is True where query t sees key s;
    causal lets query t see the keys s <= t (counted from the first, also where T is not S); a key
    must pass both. A query that sees no key gives 0. scale None is 1 / sqrt(D). Raises TypeError
    and ValueError on bad arguments. The cache holds k and v themselves.
    """
    check_attention(q, k, v, mask, causal, scale)
    factor = score_scale(scale, q.shape[-1])
    scaled = q * factor
    p = scaled @ k.swapaxes(-1, -2)
    if mask is not None:
        np.copyto(p, -np.inf, where=~mask)
    if causal:
        np.copyto(p, -np.inf, where=np.triu(np.ones(p.shape[-2:], bool), 1))
    # A row of nothing but -inf has a finite maximum too, so that its exponentials are 0, not nan.
    p -= p.max(axis=-1, keepdims=True, initial=np.finfo(p.dtype).min)
    np.exp(p, out=p)
    total = p.sum(axis=-1, keepdims=True)
    total[total == 0] = 1
    p /= total
    return p @ v, (scaled, k, v, p, factor)


def attention_backward(dout: np.ndarray, cache: tuple) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients (dq, dk, dv) of `attention_forward`, in the shapes of q, k and v."""
    scaled, k, v, p, factor = cache
    check_dout(dout, (*p.shape[:-1], v.shape[-1]), p.dtype)
    dscores = dout @ v.swapaxes(-1, -2)
    dscores -= np.einsum("...s,...s->...", dscores, p)[..., None]
    dscores *= p
    dq = dscores @ k
    dq *= factor
    dk = dscores.swapaxes(-1, -2) @ scaled
    dv = p.swapaxes(-1, -2) @ dout
    return dq, dk, dv
