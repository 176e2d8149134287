"""A recurrent network over characters: one-hot in, the distribution of the next one out."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._arguments import array, boolean, integer, integers, number
from reference.models._network import Network

REDUCTIONS = ("sum", "mean")


class CharRnn(Network):
    """The character model of Karpathy's min-char-rnn, for a batch of sequences.

    x (N, T) and y (N, T) ids of characters, y the ones that follow; an id of -1 in x is no
    character, a vector of zeros. Parameters Wxh (H, V), Whh (H, H), Why (V, H), bh (H,), by (V,);
    state h (N, H), which each loss moves to the last hidden state, and no gradient leaves.
    reduction: the loss is the "sum" or the "mean" over all characters. clip_value: the bound of
    the clipped gradients, or None. end: the id that ends a sample, or None. fresh: whether a sample
    starts with no character and from zeros, not with the first of x and from h. Oracle:
    `torch.nn.RNN` before `torch.nn.functional.linear`.
    """

    def __init__(
        self,
        *arguments: Any,
        reduction: str = "sum",
        clip_value: float | None = None,
        end: int | None = None,
        fresh: bool = False,
        **others: Any,
    ) -> None:
        super().__init__(*arguments, **others)
        if reduction not in REDUCTIONS:
            raise ValueError(f"reduction must be one of {REDUCTIONS}, got {reduction!r}")
        self.reduction = reduction
        self.clip_value = None if clip_value is None else number("clip_value", clip_value, 0)
        self.end = None if end is None else integer("end", end, 0)
        self.fresh = boolean("fresh", fresh)

    def loss(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """The loss of the characters y after x, a 0-d array, and the gradients as they are."""
        scores, h, (recurrence, output) = self._run(x)
        loss, cost = self.call(
            "temporal_cross_entropy_forward", scores, y, reduction=self.reduction
        )
        dscores = self.call("temporal_cross_entropy_backward", scores.dtype.type(1), cost)
        dh, dWhy, dby = self.call("temporal_linear_backward", dscores, output)
        _, _, dWx, dWh, dbh = self.call("rnn_backward", dh, recurrence)
        self.state["h"] = h[:, -1].copy()
        return loss, {"Wxh": dWx.T, "Whh": dWh.T, "Why": dWhy, "bh": dbh, "by": dby}

    def _run(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, tuple[Any, Any]]:
        """Scores (N, T, V), hidden states (N, T, H) and the caches of both layers."""
        p, characters = self.parameters, self._one_hot(integers("x", x, "N T"))
        h, recurrence = self.call(
            "rnn_forward", characters, array("h", self.state["h"]), p["Wxh"].T, p["Whh"].T, p["bh"]
        )
        scores, output = self.call("temporal_linear_forward", h, p["Why"], p["by"])
        return scores, h, (recurrence, output)

    def _one_hot(self, ids: np.ndarray) -> np.ndarray:
        """Vectors (..., V) of zeros with a one; of zeros alone for -1."""
        Why = self.parameters["Why"]
        wrong = ids[(ids < -1) | (ids >= len(Why))]
        if wrong.size:
            raise ValueError(f"x must hold ids from -1 to {len(Why) - 1}, got {wrong[0]}")
        return np.eye(len(Why), dtype=Why.dtype)[ids] * (ids >= 0)[..., None]

    def clipped(self, gradients: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Each number of the gradients moved into [-clip_value, clip_value], if there is one."""
        bound = np.inf if self.clip_value is None else self.clip_value
        return {name: np.clip(gradient, -bound, bound) for name, gradient in gradients.items()}

    def perplexity(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """exp of the mean loss of a character, a 0-d array; the state stays."""
        cost, _ = self.call("temporal_cross_entropy_forward", self._run(x)[0], y, reduction="mean")
        return np.asarray(np.exp(cost))

    def sample(self, x: np.ndarray, max_length: int, u: np.ndarray | None = None) -> np.ndarray:
        """Ids (N, max_length) of characters, one after the other; the state stays.

        Each is the one with the largest score or, by u (N, max_length) of numbers in [0, 1), the
        first whose cumulated probability is larger: as `numpy.random.choice` draws. After `end`
        there is `end` alone.
        """
        p, length = self.parameters, integer("max_length", max_length, 1)
        h, character = self.state["h"], integers("x", x, "N T")[:, 0]
        if self.fresh:
            h, character = np.zeros_like(h), np.full(len(x), -1)
        ids = np.zeros((len(x), length), np.int64)
        for t in range(length):
            given = self._one_hot(character)
            h, _ = self.call("rnn_step_forward", given, h, p["Wxh"].T, p["Whh"].T, p["bh"])
            scores, _ = self.call("linear_forward", h, p["Why"], p["by"])
            if u is None:
                following = np.argmax(scores.real, axis=1)
            else:
                following = self._drawn(scores, u[:, t])
            if self.end is not None and t > 0:
                following = np.where(character == self.end, self.end, following)
            ids[:, t] = character = following
        return ids

    def _drawn(self, scores: np.ndarray, u: np.ndarray) -> np.ndarray:
        """Ids (N,) by the inverse of the cumulated probabilities at u (N,)."""
        p, _ = self.call("softmax_forward", scores, axis=1)
        cumulated = np.cumsum(p.real, axis=1)
        cumulated = cumulated / cumulated[:, -1:]
        return np.sum(cumulated <= u[:, None].real, axis=1)

    def answers(self, x: np.ndarray, y: np.ndarray, **given: Any) -> dict[str, np.ndarray]:
        """Characters chosen by their scores and drawn by u, and the perplexity."""
        length = given["max_length"]
        return {
            "greedy": self.sample(x, length),
            "drawn": self.sample(x, length, given["u"]),
            "perplexity": self.perplexity(x, y),
        }
