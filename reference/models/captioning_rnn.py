"""Captions for image features: a projection, word vectors, a recurrent cell, a vocabulary."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._arguments import array, integer, integers
from reference.models._network import Network

CELLS = ("rnn", "lstm")


class CaptioningRnn(Network):
    """The captioning model of CS231n, on image features.

    x (N, D) features; parameters W_proj (H, D), b_proj (H,), W_embed (V, W), Wx (W, H) and
    Wh (H, H) (4H for "lstm", its gates in torch's order), b, W_vocab (V, H), b_vocab (V,).
    Captions are ids (N, T + 1), `start` first and `null` after the end. Oracle: `torch.nn.RNN` or
    `torch.nn.LSTM` between `torch.nn.functional.embedding` and `linear`.
    """

    def __init__(
        self, *arguments: Any, cell: str = "rnn", null: int = 0, start: int = 1, **others: Any
    ) -> None:
        super().__init__(*arguments, **others)
        if cell not in CELLS:
            raise ValueError(f"cell must be one of {CELLS}, got {cell!r}")
        self.cell = cell
        self.null, self.start = integer("null", null, 0), integer("start", start, 0)

    def loss(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """The loss of captions y (N, T + 1), summed over time and divided by N; all gradients.

        Each word is predicted from those before it; a word that is `null` costs nothing.
        """
        p, integers_ = self.parameters, integers("y", y, "N T")
        given, wanted = integers_[:, :-1], integers_[:, 1:]
        counts = wanted != self.null
        h0, projection = self.call("linear_forward", array("x", x), p["W_proj"], p["b_proj"])
        words, embedding = self.call("embedding_forward", given, p["W_embed"])
        h, recurrence = self._run(words, h0)
        scores, vocabulary = self.call("temporal_linear_forward", h, p["W_vocab"], p["b_vocab"])
        loss, cost = self.call(
            "temporal_cross_entropy_forward", scores, wanted, counts, reduction="batch"
        )
        one = scores.dtype.type(1)
        dscores = self.call("temporal_cross_entropy_backward", one, cost)
        dh, dW_vocab, db_vocab = self.call("temporal_linear_backward", dscores, vocabulary)
        dwords, dh0, dWx, dWh, db = self._back(dh, recurrence)
        _, dW_proj, db_proj = self.call("linear_backward", dh0, projection)
        return loss, {
            "W_proj": dW_proj,
            "b_proj": db_proj,
            "W_embed": self.call("embedding_backward", dwords, embedding),
            "Wx": dWx,
            "Wh": dWh,
            "b": db,
            "W_vocab": dW_vocab,
            "b_vocab": db_vocab,
        }

    def _run(self, words: np.ndarray, h0: np.ndarray) -> tuple[np.ndarray, Any]:
        """All hidden states (N, T, H)."""
        p = self.parameters
        if self.cell == "rnn":
            return self.call("rnn_forward", words, h0, p["Wx"], p["Wh"], p["b"])
        h, _, cache = self.call("lstm_forward", words, h0, p["Wx"], p["Wh"], p["b"])
        return h, cache

    def _back(self, dh: np.ndarray, cache: Any) -> Any:
        if self.cell == "rnn":
            return self.call("rnn_backward", dh, cache)
        return self.call("lstm_backward", dh, np.zeros_like(dh[:, 0]), cache)[:5]

    def sample(self, x: np.ndarray, max_length: int) -> np.ndarray:
        """Ids (N, max_length): at each step the word with the largest score, fed back.

        The first is what follows `start`.
        """
        p, length = self.parameters, integer("max_length", max_length, 1)
        h, _ = self.call("linear_forward", array("x", x), p["W_proj"], p["b_proj"])
        c = np.zeros_like(h)
        word = np.full(len(x), self.start)
        words = np.zeros((len(x), length), np.int64)
        for t in range(length):
            given = p["W_embed"][word]
            if self.cell == "rnn":
                h, _ = self.call("rnn_step_forward", given, h, p["Wx"], p["Wh"], p["b"])
            else:
                h, c, _ = self.call("lstm_step_forward", given, h, c, p["Wx"], p["Wh"], p["b"])
            scores, _ = self.call("linear_forward", h, p["W_vocab"], p["b_vocab"])
            word = np.argmax(scores.real, axis=1)
            words[:, t] = word
        return words

    def answers(self, x: np.ndarray, y: np.ndarray, **given: Any) -> dict[str, np.ndarray]:
        """The sampled words, `max_length` of them."""
        return {"words": self.sample(x, given["max_length"])}
