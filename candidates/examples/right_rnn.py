"""A right homework on sequences in the CS231n convention (`rnn_layers.py`)."""

import numpy as np


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    next_h = np.tanh(x @ Wx + prev_h @ Wh + b)
    return next_h, (x, prev_h, Wx, Wh, next_h)


def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, next_h = cache
    da = dnext_h * (1 - next_h**2)
    return da @ Wx.T, da @ Wh.T, x.T @ da, prev_h.T @ da, da.sum(axis=0)


def rnn_forward(x, h0, Wx, Wh, b):
    h, caches = np.zeros((*x.shape[:2], len(Wh))), []
    prev_h = h0
    for t in range(x.shape[1]):
        prev_h, cache = rnn_step_forward(x[:, t], prev_h, Wx, Wh, b)
        h[:, t] = prev_h
        caches.append(cache)
    return h, caches


def rnn_backward(dh, cache):
    x, prev_h, Wx, Wh, _ = cache[0]
    dx = np.zeros((*dh.shape[:2], x.shape[1]))
    dprev_h, dWx, dWh, db = np.zeros(prev_h.shape), np.zeros(Wx.shape), np.zeros(Wh.shape), 0
    for t in reversed(range(dh.shape[1])):
        dx[:, t], dprev_h, *steps = rnn_step_backward(dh[:, t] + dprev_h, cache[t])
        dWx, dWh, db = dWx + steps[0], dWh + steps[1], db + steps[2]
    return dx, dprev_h, dWx, dWh, db


def word_embedding_forward(x, W):
    return W[x], (x, W.shape)


def word_embedding_backward(dout, cache):
    x, shape = cache
    dW = np.zeros(shape)
    np.add.at(dW, x, dout)
    return dW


def sigmoid(a):
    """Neither branch takes the exponential of a large number."""
    small = np.exp(-np.abs(a))
    return np.where(a >= 0, 1 / (1 + small), small / (1 + small))


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    i, f, o, g = np.split(x @ Wx + prev_h @ Wh + b, 4, axis=1)
    i, f, o, g = sigmoid(i), sigmoid(f), sigmoid(o), np.tanh(g)
    next_c = f * prev_c + i * g
    next_h = o * np.tanh(next_c)
    return next_h, next_c, (x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c)


def lstm_step_backward(dnext_h, dnext_c, cache):
    x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c = cache
    squashed = np.tanh(next_c)
    dc = dnext_c + dnext_h * o * (1 - squashed**2)
    di, df, do, dg = dc * g, dc * prev_c, dnext_h * squashed, dc * i
    gates = di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg * (1 - g**2)
    da = np.concatenate(gates, axis=1)
    return da @ Wx.T, da @ Wh.T, dc * f, x.T @ da, prev_h.T @ da, da.sum(axis=0)


def lstm_forward(x, h0, Wx, Wh, b):
    h, caches = np.zeros((*x.shape[:2], len(Wh))), []
    prev_h, prev_c = h0, np.zeros(h0.shape)
    for t in range(x.shape[1]):
        prev_h, prev_c, cache = lstm_step_forward(x[:, t], prev_h, prev_c, Wx, Wh, b)
        h[:, t] = prev_h
        caches.append(cache)
    return h, caches


def lstm_backward(dh, cache):
    x, prev_h, _, Wx, Wh, *_ = cache[0]
    dx = np.zeros((*dh.shape[:2], x.shape[1]))
    dprev_h, dprev_c = np.zeros(prev_h.shape), np.zeros(prev_h.shape)
    dWx, dWh, db = np.zeros(Wx.shape), np.zeros(Wh.shape), 0
    for t in reversed(range(dh.shape[1])):
        dprev_h = dprev_h + dh[:, t]
        dx[:, t], dprev_h, dprev_c, *steps = lstm_step_backward(dprev_h, dprev_c, cache[t])
        dWx, dWh, db = dWx + steps[0], dWh + steps[1], db + steps[2]
    return dx, dprev_h, dWx, dWh, db


def temporal_affine_forward(x, w, b):
    return x @ w + b, (x, w)


def temporal_affine_backward(dout, cache):
    x, w = cache
    return dout @ w.T, np.tensordot(x, dout, axes=((0, 1), (0, 1))), dout.sum(axis=(0, 1))


def temporal_softmax_loss(x, y, mask, verbose=False):
    shifted = x - x.max(axis=2, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=2, keepdims=True))
    n, t = np.indices(y.shape)
    loss = -(log_probabilities[n, t, y] * mask).sum() / len(x)
    dx = np.exp(log_probabilities)
    dx[n, t, y] -= 1
    return loss, dx * mask[:, :, None] / len(x)
