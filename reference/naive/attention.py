"""Scaled dot-product attention, one query at a time."""

from __future__ import annotations

import math

import numpy as np

from reference._attention_arguments import check_attention
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
    and ValueError on bad arguments.
    """
    check_attention(q, k, v, mask, causal, scale)
    *lead, T, D = q.shape
    S, E = v.shape[-2:]
    factor = 1 / math.sqrt(D) if scale is None else float(scale)
    seen = np.ones((*lead, T, S), bool)
    if mask is not None:
        seen &= mask
    p, out = np.zeros((*lead, T, S), q.dtype), np.zeros((*lead, T, E), q.dtype)
    for n in np.ndindex(*lead):
        for t in range(T):
            keys = [s for s in range(S) if seen[n][t, s] and not (causal and s > t)]
            scores = [np.sum(q[n][t] * k[n][s]) * factor for s in keys]
            if keys:
                p[n][t, keys] = _softmax(np.array(scores, q.dtype))
            for s in range(S):
                out[n][t] += p[n][t, s] * v[n][s]
    return out, (q.copy(), k.copy(), v.copy(), p, factor)


def _softmax(scores: np.ndarray) -> np.ndarray:
    exps = np.exp(scores - np.max(scores.real))
    return exps / np.sum(exps)


def attention_backward(dout: np.ndarray, cache: tuple) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients (dq, dk, dv) of `attention_forward`, in the shapes of q, k and v."""
    q, k, v, p, factor = cache
    *lead, T, S = p.shape
    check_dout(dout, (*lead, T, v.shape[-1]), q.dtype)
    dq, dk, dv = np.zeros_like(q), np.zeros_like(k), np.zeros_like(v)
    for n in np.ndindex(*lead):
        for t in range(T):
            dp = np.zeros(S, q.dtype)
            for s in range(S):
                dp[s] = np.sum(dout[n][t] * v[n][s])
                dv[n][s] += p[n][t, s] * dout[n][t]
            dscores = p[n][t] * (dp - np.sum(dp * p[n][t]))
            for s in range(S):
                dq[n][t] += factor * dscores[s] * k[n][s]
                dk[n][s] += factor * dscores[s] * q[n][t]
    return dq, dk, dv
