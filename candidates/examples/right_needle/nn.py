"""Modules."""

import numpy as np

from . import init, ops
from .autograd import Tensor


class Module:
    def __init__(self):
        self.training = True

    def train(self):
        self.training = True

    def eval(self):
        self.training = False

    def __call__(self, *arguments):
        return self.forward(*arguments)


class Linear(Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.weight = init.rand(in_features, out_features, bound=in_features**-0.5)
        self.bias = init.rand(1, out_features, bound=out_features**-0.5) if bias else None

    def forward(self, x):
        out = x @ self.weight
        return out if self.bias is None else out + self.bias


class ReLU(Module):
    def forward(self, x):
        return ops.relu(x)


class Tanh(Module):
    def forward(self, x):
        return ops.tanh(x)


class Sigmoid(Module):
    def forward(self, x):
        return ops.tanh(x * 0.5) * 0.5 + 0.5


class SoftmaxLoss(Module):
    def forward(self, logits, y):
        right = np.eye(logits.shape[1])[y.numpy().astype(int)]
        chosen = ops.logsoftmax(logits) * Tensor(right, dtype=logits.numpy().dtype)
        return chosen.sum() * (-1.0 / len(right))


class LayerNorm1d(Module):
    def __init__(self, dim, eps=1e-5):
        super().__init__()
        self.eps = eps
        self.weight, self.bias = init.ones(dim), init.zeros(dim)

    def forward(self, x):
        centred = x - x.sum((1,), keepdims=True) / x.shape[1]
        variance = (centred * centred).sum((1,), keepdims=True) / x.shape[1]
        return centred * (variance + self.eps) ** -0.5 * self.weight + self.bias


class BatchNorm1d(Module):
    def __init__(self, dim, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight, self.bias = init.ones(dim), init.zeros(dim)
        self.running_mean, self.running_var = init.zeros(dim), init.ones(dim)

    def forward(self, x):
        mean, variance = self.running_mean, self.running_var
        if self.training:
            mean = x.sum((0,)) / x.shape[0]
            variance = ((x - mean) * (x - mean)).sum((0,)) / x.shape[0]
            self.running_mean = self._moved(self.running_mean, mean)
            self.running_var = self._moved(self.running_var, variance)
        return (x - mean) * (variance + self.eps) ** -0.5 * self.weight + self.bias

    def _moved(self, old, new):
        return old.detach() * (1 - self.momentum) + new.detach() * self.momentum


class BatchNorm2d(BatchNorm1d):
    def forward(self, x):
        N, C, H, W = x.shape
        rows = x.transpose(0, 2, 3, 1).reshape(N * H * W, C)
        return super().forward(rows).reshape(N, H, W, C).transpose(0, 3, 1, 2)


class Dropout(Module):
    def __init__(self, p=0.5):
        super().__init__()
        self.p = p

    def forward(self, x):
        if not self.training:
            return x
        kept = np.random.rand(*x.shape) <= 1 - self.p
        return x * Tensor(kept, dtype=x.numpy().dtype) * (1 / (1 - self.p))


class Conv(Module):
    """NCHW, padding that keeps the size, a square kernel."""

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, bias=True):
        super().__init__()
        self.kernel_size, self.stride = kernel_size, stride
        bound = (in_channels * kernel_size**2) ** -0.5
        shape = kernel_size, kernel_size, in_channels, out_channels
        self.weight = init.rand(*shape, bound=bound)
        self.bias = init.rand(out_channels, bound=bound) if bias else None

    def forward(self, x):
        k, s = self.kernel_size, self.stride
        N, C, H, W = x.shape
        padded = ops.Pad((k - 1) // 2)(x)
        OH, OW = (H - 1) // s + 1, (W - 1) // s + 1
        out = None
        for i in range(k):
            for j in range(k):
                rows = slice(i, i + s * (OH - 1) + 1, s)
                columns = slice(j, j + s * (OW - 1) + 1, s)
                tap = ops.Take((slice(None), slice(None), rows, columns))(padded)
                tap = tap.transpose(0, 2, 3, 1).reshape(N * OH * OW, C)
                term = tap @ ops.Take((i, j))(self.weight)
                out = term if out is None else out + term
        out = out if self.bias is None else out + self.bias
        return out.reshape(N, OH, OW, -1).transpose(0, 3, 1, 2)


class RNNCell(Module):
    gates = 1

    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.hidden_size, wide, bound = hidden_size, self.gates * hidden_size, hidden_size**-0.5
        self.W_ih = init.rand(input_size, wide, bound=bound)
        self.W_hh = init.rand(hidden_size, wide, bound=bound)
        self.bias_ih, self.bias_hh = init.rand(wide, bound=bound), init.rand(wide, bound=bound)

    def sums(self, x, h):
        return x @ self.W_ih + self.bias_ih + h @ self.W_hh + self.bias_hh

    def forward(self, x, h):
        return ops.tanh(self.sums(x, h))


class LSTMCell(RNNCell):
    gates = 4

    def forward(self, x, state):
        h, c = state
        sums, H = self.sums(x, h), self.hidden_size
        i, f, g, o = (ops.Take((slice(None), slice(k * H, k * H + H)))(sums) for k in range(4))
        sigmoid = Sigmoid()
        c = sigmoid(f) * c + sigmoid(i) * ops.tanh(g)
        return sigmoid(o) * ops.tanh(c), c


class RNN(Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.rnn_cells = [RNNCell(input_size, hidden_size)]

    def forward(self, x, h0):
        h, states = ops.Take(0)(h0), []
        for t in range(x.shape[0]):
            h = self.rnn_cells[0](ops.Take(t)(x), h)
            states.append(h)
        return ops.Stack()(*states), ops.Stack()(h)


class LSTM(Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.lstm_cells = [LSTMCell(input_size, hidden_size)]

    def forward(self, x, state):
        h, c = (ops.Take(0)(s) for s in state)
        states = []
        for t in range(x.shape[0]):
            h, c = self.lstm_cells[0](ops.Take(t)(x), (h, c))
            states.append(h)
        return ops.Stack()(*states), (ops.Stack()(h), ops.Stack()(c))


class Embedding(Module):
    def __init__(self, num_embeddings, embedding_dim):
        super().__init__()
        self.weight = init.rand(num_embeddings, embedding_dim, bound=1.0)

    def forward(self, x):
        return ops.Take(x.numpy().astype(int))(self.weight)
