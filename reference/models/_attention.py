"""What a decoder sees of an encoder's states: their mean, weighted by a score of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reference.models._layers import Gradients

if TYPE_CHECKING:
    from reference.models._network import Network

SCORES = ("dot", "cosine", "additive")
EPS = 1e-8  # of torch.nn.functional.cosine_similarity


@dataclass(frozen=True)
class Attention:
    """The context of a query q (N, H) over keys (N, S, H), those where seen (N, 1, S) is True.

    The weights are the softmax of q k ("dot"), of q k / (|q| |k|) ("cosine"), or of
    v tanh(W_query q + W_keys k + b_keys) ("additive"; Bahdanau et al. 2015): W_query and W_keys
    (A, H), b_keys (A,), W_score (1, A).
    """

    score: str

    def forward(
        self, net: Network, q: np.ndarray, keys: np.ndarray, seen: np.ndarray | None
    ) -> tuple[np.ndarray, Any]:
        asked, compared, cache = self._compared(net, q, keys)
        context, weighing = net.call(
            "attention_forward", asked, compared, keys, mask=seen, scale=1.0
        )
        return context[:, 0], (cache, weighing)

    def _compared(self, net: Network, q: np.ndarray, keys: np.ndarray) -> tuple[Any, Any, Any]:
        """What the score of a query and a key is the product of, and a cache."""
        if self.score == "dot":
            return q[:, None], keys, None
        if self.score == "cosine":
            unit_q, of_q = net.call("normalize_forward", q, axis=1, eps=EPS)
            unit_keys, of_keys = net.call("normalize_forward", keys, axis=2, eps=EPS)
            return unit_q[:, None], unit_keys, (of_q, of_keys)
        p = net.parameters
        from_q, of_q = net.call("linear_forward", q, p["W_query"])
        from_keys, of_keys = net.call("temporal_linear_forward", keys, p["W_keys"], p["b_keys"])
        hidden, of_tanh = net.call("tanh_forward", from_keys + from_q[:, None])
        scores, of_scores = net.call("temporal_linear_forward", hidden, p["W_score"])
        return np.ones_like(scores[:, :1]), scores, (of_q, of_keys, of_tanh, of_scores)

    def backward(
        self, net: Network, dcontext: np.ndarray, caches: Any
    ) -> tuple[np.ndarray, np.ndarray, Gradients]:
        """Gradients of the query and of the keys, and of the parameters by name."""
        cache, weighing = caches
        dasked, dcompared, dkeys = net.call("attention_backward", dcontext[:, None], weighing)
        if self.score == "dot":
            return dasked[:, 0], dkeys + dcompared, {}
        if self.score == "cosine":
            of_q, of_keys = cache
            dkeys = dkeys + net.call("normalize_backward", dcompared, of_keys)
            return net.call("normalize_backward", dasked[:, 0], of_q), dkeys, {}
        of_q, of_keys, of_tanh, of_scores = cache
        dhidden, dW_score, _ = net.call("temporal_linear_backward", dcompared, of_scores)
        dsum = net.call("tanh_backward", dhidden, of_tanh)
        dfrom_keys, dW_keys, db_keys = net.call("temporal_linear_backward", dsum, of_keys)
        dq, dW_query, _ = net.call("linear_backward", dsum.sum(axis=1), of_q)
        gradients = {"W_query": dW_query, "W_keys": dW_keys, "b_keys": db_keys}
        return dq, dkeys + dfrom_keys, gradients | {"W_score": dW_score}
