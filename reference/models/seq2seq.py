"""Sequence to sequence: an encoder, attention over its states, and a decoder."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._arguments import boolean, integer, integers
from reference.models._attention import SCORES, Attention
from reference.models._cells import CELLS, Cell
from reference.models._network import Network

CONTEXTS = ("output", "input")
REDUCTIONS = ("mean", "sum")


class Seq2seq(Network):
    """Encoder and decoder of one cell each, with attention (Bahdanau et al. and Luong et al. 2015).

    x (N, S) ids of sources, y (N, T + 1) ids of targets, `start` first and `null` after the end.
    Parameters W_source (V', E), W_target (V, E), those of `Cell` with the suffixes _enc and _dec,
    W_vocab (V, H), b_vocab (V,). attention: a score of `Attention`, or None. context: whether the
    context joins the decoder's "input", as W_combine (E, E + H) of the word's vector and the
    context for the state before, b_combine (E,); or its "output", as the tanh of W_combine (H, 2 H)
    of the context and the new state, b_combine (H,). bridge: whether the decoder starts with
    tanh(W2_bridge relu(W1_bridge h + b1_bridge) + b2_bridge) of the encoder's last state h, not
    with h itself; an lstm's cell is handed over as it is. packed: whether the encoder stops where a
    source has ended, and attention does not see its `null`. end: the id after which a sample is
    `null`, or None. Oracle: torch's RNN, GRU or LSTM between embedding and linear.
    """

    def __init__(
        self,
        *arguments: Any,
        cell: str = "rnn",
        attention: str | None = "dot",
        context: str = "output",
        bridge: bool = False,
        packed: bool = True,
        reduction: str = "mean",
        null: int = 0,
        start: int = 1,
        end: int | None = None,
        **others: Any,
    ) -> None:
        super().__init__(*arguments, **others)
        _among("cell", cell, CELLS)
        _among("attention", attention, (None, *SCORES))
        _among("context", context, CONTEXTS)
        _among("reduction", reduction, REDUCTIONS)
        self.encoder, self.decoder = Cell(cell, "_enc"), Cell(cell, "_dec")
        self.attention = None if attention is None else Attention(attention)
        self.context, self.reduction = context, reduction
        self.bridge, self.packed = boolean("bridge", bridge), boolean("packed", packed)
        self.null, self.start = integer("null", null, 0), integer("start", start, 0)
        self.end = None if end is None else integer("end", end, 0)

    def loss(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """The loss of targets y, over the words that are not `null`, and all gradients.

        Each word is predicted from the right ones before it: teacher forcing.
        """
        given, wanted = integers("y", y, "N T")[:, :-1], y[:, 1:]
        keys, seen, h, c, encoding = self._encode(x)
        scores, steps = self._forced(given, keys, seen, h, c)
        loss, cost = self.call(
            "temporal_cross_entropy_forward",
            scores,
            wanted,
            wanted != self.null,
            reduction=self.reduction,
        )
        dscores = self.call("temporal_cross_entropy_backward", scores.dtype.type(1), cost)
        gradients = {name: np.zeros_like(value) for name, value in self.parameters.items()}
        dh, dc, dkeys = np.zeros_like(h), None, np.zeros_like(keys)
        for t in reversed(range(len(steps))):
            dh, dc, dseen = self._step_back(dscores[:, t], dh, dc, steps[t], gradients)
            dkeys = dkeys + dseen
        self._encode_back(dh, dc, dkeys, encoding, gradients)
        return loss, gradients

    def _encode(self, x: np.ndarray) -> tuple[np.ndarray, Any, np.ndarray, Any, Any]:
        """All states (N, S, H), which of them count (N, 1, S), and the decoder's first h and c."""
        p, counts = self.parameters, integers("x", x, "N S") != self.null
        lengths = counts.sum(axis=1) if self.packed else np.full(len(x), x.shape[1])
        words, embedding = self.call("embedding_forward", x, p["W_source"])
        zeros = np.zeros((len(x), len(p["Wh_enc"])), words.dtype)
        keys, c, recurrence = self.encoder.forward(self, words, zeros, None, lengths)
        h, bridging = keys[np.arange(len(x)), lengths - 1], None
        if self.bridge:
            a, first = self.call("linear_forward", h, p["W1_bridge"], p["b1_bridge"])
            r, relu = self.call("relu_forward", a)
            a, second = self.call("linear_forward", r, p["W2_bridge"], p["b2_bridge"])
            h, tanh = self.call("tanh_forward", a)
            bridging = first, relu, second, tanh
        seen = counts[:, None] if self.packed else None
        return keys, seen, h, c, (embedding, recurrence, lengths, bridging)

    def _encode_back(
        self, dh: np.ndarray, dc: Any, dkeys: np.ndarray, caches: Any, gradients: Any
    ) -> None:
        embedding, recurrence, lengths, bridging = caches
        if bridging is not None:
            first, relu, second, tanh = bridging
            da = self.call("tanh_backward", dh, tanh)
            dr, dW2, db2 = self.call("linear_backward", da, second)
            da = self.call("relu_backward", dr, relu)
            dh, dW1, db1 = self.call("linear_backward", da, first)
            _add(gradients, W1_bridge=dW1, b1_bridge=db1, W2_bridge=dW2, b2_bridge=db2)
        dkeys[np.arange(len(dkeys)), lengths - 1] += dh
        dwords, _, _, of_cell = self.encoder.backward(self, dkeys, dc, recurrence)
        _add(gradients, W_source=self.call("embedding_backward", dwords, embedding), **of_cell)

    def _forced(
        self, given: np.ndarray, keys: np.ndarray, seen: Any, h: np.ndarray, c: Any
    ) -> tuple[np.ndarray, list[Any]]:
        """Scores (N, T, V) of the words after those given, and the cache of each step."""
        scores, steps = [], []
        for t in range(given.shape[1]):
            found, h, c, caches = self._step(given[:, t], h, c, keys, seen)
            scores.append(found)
            steps.append(caches)
        return np.stack(scores, axis=1), steps

    def _step(
        self, ids: np.ndarray, h: np.ndarray, c: Any, keys: np.ndarray, seen: Any
    ) -> tuple[np.ndarray, np.ndarray, Any, Any]:
        """Scores (N, V) of the word after `ids`, the new h and c, and a cache."""
        p, attending, combining = self.parameters, None, None
        word, embedding = self.call("embedding_forward", ids, p["W_target"])
        if self.attention is not None and self.context == "input":
            context, attending = self.attention.forward(self, h, keys, seen)
            both = np.concatenate([word, context], axis=1)
            word, combining = self.call("linear_forward", both, p["W_combine"], p["b_combine"])
        states, c, recurrence = self.decoder.forward(self, word[:, None], h, c)
        h = out = states[:, 0]
        if self.attention is not None and self.context == "output":
            context, attending = self.attention.forward(self, h, keys, seen)
            both = np.concatenate([context, h], axis=1)
            a, linear = self.call("linear_forward", both, p["W_combine"], p["b_combine"])
            out, tanh = self.call("tanh_forward", a)
            combining = linear, tanh
        scores, output = self.call("linear_forward", out, p["W_vocab"], p["b_vocab"])
        return scores, h, c, (embedding, recurrence, attending, combining, output)

    def _step_back(
        self, dscores: np.ndarray, dh: np.ndarray, dc: Any, caches: Any, gradients: Any
    ) -> tuple[np.ndarray, Any, Any]:
        """Gradients of the h and c before a step, and of the keys; those of parameters are added.

        dh and dc are what later steps have to say of the new h and c.
        """
        embedding, recurrence, attending, combining, output = caches
        dkeys: Any = 0
        dout, dW_vocab, db_vocab = self.call("linear_backward", dscores, output)
        _add(gradients, W_vocab=dW_vocab, b_vocab=db_vocab)
        if self.attention is not None and self.context == "output":
            linear, tanh = combining
            da = self.call("tanh_backward", dout, tanh)
            dboth, dW, db = self.call("linear_backward", da, linear)
            dcontext, dout = np.split(dboth, 2, axis=1)
            dq, dkeys, of_score = self.attention.backward(self, dcontext, attending)
            dout = dout + dq
            _add(gradients, W_combine=dW, b_combine=db, **of_score)
        dx, dh, dc, of_cell = self.decoder.backward(self, (dh + dout)[:, None], dc, recurrence)
        dword = dx[:, 0]
        _add(gradients, **of_cell)
        if self.attention is not None and self.context == "input":
            dboth, dW, db = self.call("linear_backward", dword, combining)
            dword, dcontext = np.split(dboth, [dboth.shape[1] - dh.shape[1]], axis=1)
            dq, dkeys, of_score = self.attention.backward(self, dcontext, attending)
            dh = dh + dq
            _add(gradients, W_combine=dW, b_combine=db, **of_score)
        _add(gradients, W_target=self.call("embedding_backward", dword, embedding))
        return dh, dc, dkeys

    def log_probs(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Logarithms (N, T, V) of the probabilities of each word of y after the right ones."""
        keys, seen, h, c, _ = self._encode(x)
        scores, _ = self._forced(integers("y", y, "N T")[:, :-1], keys, seen, h, c)
        return self.call("log_softmax_forward", scores, axis=2)[0]

    def sample(self, x: np.ndarray, max_length: int) -> np.ndarray:
        """Ids (N, max_length): at each step the word with the largest score, fed back.

        The first is what follows `start`; after `end` there is `null` alone.
        """
        keys, seen, h, c, _ = self._encode(x)
        word, ended = np.full(len(x), self.start), np.zeros(len(x), bool)
        words = np.zeros((len(x), integer("max_length", max_length, 1)), np.int64)
        for t in range(max_length):
            scores, h, c, _ = self._step(word, h, c, keys, seen)
            word = np.where(ended, self.null, np.argmax(scores.real, axis=1))
            if self.end is not None:
                ended = ended | (word == self.end)
            words[:, t] = word
        return words

    def answers(self, x: np.ndarray, y: np.ndarray, **given: Any) -> dict[str, np.ndarray]:
        """The sampled words, and the logarithms of the probabilities of the right ones."""
        return {"words": self.sample(x, given["max_length"]), "log_probs": self.log_probs(x, y)}


def _add(gradients: dict[str, np.ndarray], **found: np.ndarray) -> None:
    for name, gradient in found.items():
        gradients[name] = gradients[name] + gradient


def _among(name: str, value: Any, allowed: tuple[Any, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{name} must be one of {allowed}, got {value!r}")
