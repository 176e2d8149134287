"""A right character model in the way of min-char-rnn: functions on the script's variables."""

import numpy as np

vocab_size, hidden_size = 27, 100
Wxh = np.random.randn(hidden_size, vocab_size) * 0.01
Whh = np.random.randn(hidden_size, hidden_size) * 0.01
Why = np.random.randn(vocab_size, hidden_size) * 0.01
bh, by = np.zeros((hidden_size, 1)), np.zeros((vocab_size, 1))


def one_hot(ix):
    x = np.zeros((vocab_size, 1))
    x[ix] = 1
    return x


def softmax(y):
    e = np.exp(y - y.max())
    return e / e.sum()


def lossFun(inputs, targets, hprev):
    """The loss, the gradients and the last hidden state of lists of ids, from hprev (H, 1) on."""
    hs, ps, loss = {-1: np.copy(hprev)}, {}, 0
    for t, ix in enumerate(inputs):
        hs[t] = np.tanh(Wxh @ one_hot(ix) + Whh @ hs[t - 1] + bh)
        ps[t] = softmax(Why @ hs[t] + by)
        loss -= np.log(ps[t][targets[t], 0])
    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby, dhnext = np.zeros_like(bh), np.zeros_like(by), np.zeros_like(hprev)
    for t in reversed(range(len(inputs))):
        dy = ps[t].copy()
        dy[targets[t]] -= 1
        dWhy += dy @ hs[t].T
        dby += dy
        dhraw = (1 - hs[t] ** 2) * (Why.T @ dy + dhnext)
        dbh += dhraw
        dWxh += dhraw @ one_hot(inputs[t]).T
        dWhh += dhraw @ hs[t - 1].T
        dhnext = Whh.T @ dhraw
    for gradient in (dWxh, dWhh, dWhy, dbh, dby):
        np.clip(gradient, -5, 5, out=gradient)
    return loss, dWxh, dWhh, dWhy, dbh, dby, hs[len(inputs) - 1]


def sample(h, seed_ix, n):
    """Ids of n characters after the one of seed_ix."""
    x, ixes = one_hot(seed_ix), []
    for _ in range(n):
        h = np.tanh(Wxh @ x + Whh @ h + bh)
        p = softmax(Why @ h + by)
        ix = np.random.choice(range(vocab_size), p=p.ravel())
        x = one_hot(ix)
        ixes.append(ix)
    return ixes
