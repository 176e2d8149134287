"""The captioning model of CS231n, right: `rnn.py`, on the layers beside it."""

import numpy as np
from right import affine_backward, affine_forward
from right_rnn import (
    lstm_backward,
    lstm_forward,
    lstm_step_forward,
    rnn_backward,
    rnn_forward,
    rnn_step_forward,
    temporal_affine_backward,
    temporal_affine_forward,
    temporal_softmax_loss,
    word_embedding_backward,
    word_embedding_forward,
)


class CaptioningRNN:
    """Image features are the first hidden state; each word is predicted from those before it."""

    def __init__(
        self,
        word_to_idx,
        input_dim=512,
        wordvec_dim=128,
        hidden_dim=128,
        cell_type="rnn",
        dtype=np.float32,
    ):
        self.cell_type, self.dtype = cell_type, dtype
        self._null, self._start = word_to_idx["<NULL>"], word_to_idx["<START>"]
        V, gates = len(word_to_idx), {"lstm": 4, "rnn": 1}[cell_type]
        self.params = {
            "W_embed": np.random.randn(V, wordvec_dim) / 100,
            "W_proj": np.random.randn(input_dim, hidden_dim) / np.sqrt(input_dim),
            "b_proj": np.zeros(hidden_dim),
            "Wx": np.random.randn(wordvec_dim, gates * hidden_dim) / np.sqrt(wordvec_dim),
            "Wh": np.random.randn(hidden_dim, gates * hidden_dim) / np.sqrt(hidden_dim),
            "b": np.zeros(gates * hidden_dim),
            "W_vocab": np.random.randn(hidden_dim, V) / np.sqrt(hidden_dim),
            "b_vocab": np.zeros(V),
        }
        for name, array in self.params.items():
            self.params[name] = array.astype(dtype)

    def loss(self, features, captions):
        p, grads = self.params, {}
        captions_in, captions_out = captions[:, :-1], captions[:, 1:]
        mask = captions_out != self._null
        forward, backward = {
            "rnn": (rnn_forward, rnn_backward),
            "lstm": (lstm_forward, lstm_backward),
        }[self.cell_type]
        h0, projection = affine_forward(features, p["W_proj"], p["b_proj"])
        words, embedding = word_embedding_forward(captions_in, p["W_embed"])
        h, recurrence = forward(words, h0, p["Wx"], p["Wh"], p["b"])
        scores, vocabulary = temporal_affine_forward(h, p["W_vocab"], p["b_vocab"])
        loss, dscores = temporal_softmax_loss(scores, captions_out, mask)
        dh, grads["W_vocab"], grads["b_vocab"] = temporal_affine_backward(dscores, vocabulary)
        dwords, dh0, grads["Wx"], grads["Wh"], grads["b"] = backward(dh, recurrence)
        grads["W_embed"] = word_embedding_backward(dwords, embedding)
        _, grads["W_proj"], grads["b_proj"] = affine_backward(dh0, projection)
        return loss, grads

    def sample(self, features, max_length=30):
        p = self.params
        captions = np.full((len(features), max_length), self._null, dtype=np.int32)
        h, _ = affine_forward(features, p["W_proj"], p["b_proj"])
        c = np.zeros_like(h)
        word = np.full(len(features), self._start)
        for t in range(max_length):
            x = p["W_embed"][word]
            if self.cell_type == "rnn":
                h, _ = rnn_step_forward(x, h, p["Wx"], p["Wh"], p["b"])
            else:
                h, c, _ = lstm_step_forward(x, h, c, p["Wx"], p["Wh"], p["b"])
            scores, _ = affine_forward(h, p["W_vocab"], p["b_vocab"])
            word = captions[:, t] = scores.argmax(axis=1)
        return captions
