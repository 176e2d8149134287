"""Right recurrent layers in the CS231n convention of 2025 (`rnn_layers_pytorch.py`): on tensors,
without a cache; the gradients are autograd's."""

import torch


def affine_forward(x, w, b):
    return x.reshape(x.shape[0], -1) @ w + b


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    return torch.tanh(x @ Wx + prev_h @ Wh + b)


def rnn_forward(x, h0, Wx, Wh, b):
    states = []
    for t in range(x.shape[1]):
        h0 = rnn_step_forward(x[:, t], h0, Wx, Wh, b)
        states.append(h0)
    return torch.stack(states, dim=1)


def word_embedding_forward(x, W):
    return W[x]


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    i, f, o, g = (x @ Wx + prev_h @ Wh + b).chunk(4, dim=1)
    next_c = torch.sigmoid(f) * prev_c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(next_c), next_c


def lstm_forward(x, h0, Wx, Wh, b):
    states, c = [], torch.zeros_like(h0)
    for t in range(x.shape[1]):
        h0, c = lstm_step_forward(x[:, t], h0, c, Wx, Wh, b)
        states.append(h0)
    return torch.stack(states, dim=1)


def temporal_affine_forward(x, w, b):
    return x @ w + b


def temporal_softmax_loss(x, y, mask, verbose=False):
    losses = torch.nn.functional.cross_entropy(x.transpose(1, 2), y, reduction="none")
    return (losses * mask).sum() / x.shape[0]
