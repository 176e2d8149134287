"""A right homework in the CS7643 convention: every class below passes `layerproof check`."""

import numpy as np


class Conv2D:
    def __init__(self, in_channels, out_channels, kernel_size=3, stride=1, padding=0):
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding
        shape = (out_channels, in_channels, kernel_size, kernel_size)
        self.weight = 1e-3 * np.random.randn(*shape)
        self.bias = np.zeros(out_channels)
        self.cache = self.dx = self.dw = self.db = None

    def windows(self, height, width):
        """The place of each output, and the rows and columns of the padded x under it."""
        k, s = self.kernel_size, self.stride
        for i in range((height - k) // s + 1):
            for j in range((width - k) // s + 1):
                yield i, j, slice(i * s, i * s + k), slice(j * s, j * s + k)

    def forward(self, x):
        p, k, s = self.padding, self.kernel_size, self.stride
        padded = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        height, width = padded.shape[2:]
        out = np.zeros((len(x), len(self.weight), (height - k) // s + 1, (width - k) // s + 1))
        for i, j, rows, columns in self.windows(height, width):
            out[:, :, i, j] = np.einsum("nchw,fchw->nf", padded[:, :, rows, columns], self.weight)
        self.cache = padded
        return out + self.bias[:, None, None]

    def backward(self, dout):
        padded, p = self.cache, self.padding
        height, width = padded.shape[2:]
        dpadded, self.dw = np.zeros_like(padded), np.zeros_like(self.weight)
        for i, j, rows, columns in self.windows(height, width):
            there = dout[:, :, i, j]
            dpadded[:, :, rows, columns] += np.einsum("nf,fchw->nchw", there, self.weight)
            self.dw += np.einsum("nf,nchw->fchw", there, padded[:, :, rows, columns])
        self.dx = dpadded[:, :, p : height - p, p : width - p]
        self.db = dout.sum(axis=(0, 2, 3))


class MaxPooling:
    def __init__(self, kernel_size, stride):
        self.kernel_size, self.stride = kernel_size, stride
        self.cache = self.dx = None

    def forward(self, x):
        k, s = self.kernel_size, self.stride
        height, width = (x.shape[2] - k) // s + 1, (x.shape[3] - k) // s + 1
        out = np.zeros((*x.shape[:2], height, width))
        for i in range(height):
            for j in range(width):
                out[:, :, i, j] = x[:, :, i * s : i * s + k, j * s : j * s + k].max(axis=(2, 3))
        self.cache = x
        return out

    def backward(self, dout):
        x, k, s = self.cache, self.kernel_size, self.stride
        self.dx = np.zeros_like(x)
        for n, c, i, j in np.ndindex(dout.shape):
            window = x[n, c, i * s : i * s + k, j * s : j * s + k]
            row, column = np.unravel_index(window.argmax(), window.shape)
            self.dx[n, c, i * s + row, j * s + column] += dout[n, c, i, j]


class Linear:
    def __init__(self, in_dim, out_dim):
        np.random.seed(1024)
        self.weight = 1e-3 * np.random.randn(in_dim, out_dim)
        self.bias = np.zeros(out_dim)
        self.cache = self.dx = self.dw = self.db = None

    def forward(self, x):
        self.cache = x
        return x.reshape(len(x), -1) @ self.weight + self.bias

    def backward(self, dout):
        x = self.cache
        self.dx = (dout @ self.weight.T).reshape(x.shape)
        self.dw = x.reshape(len(x), -1).T @ dout
        self.db = dout.sum(axis=0)


class ReLU:
    def __init__(self):
        self.cache = self.dx = None

    def forward(self, x):
        self.cache = x
        return np.maximum(x, 0)

    def backward(self, dout):
        self.dx = dout * (self.cache > 0)


class SoftmaxCrossEntropy:
    def __init__(self):
        self.cache = self.dx = None

    def forward(self, x, y):
        shifted = x - x.max(axis=1, keepdims=True)
        log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        probs = np.exp(log_probs)
        self.cache = probs, y
        return probs, -log_probs[np.arange(len(x)), y].mean()

    def backward(self):
        probs, y = self.cache
        self.dx = probs.copy()
        self.dx[np.arange(len(y)), y] -= 1
        self.dx /= len(y)


class ConvNet:
    def __init__(self, modules, criterion):
        made = {"Conv2D": Conv2D, "ReLU": ReLU, "MaxPooling": MaxPooling, "Linear": Linear}
        self.modules = []
        for module in modules:
            options = {name: value for name, value in module.items() if name != "type"}
            self.modules.append(made[module["type"]](**options))
        if criterion["type"] != "SoftmaxCrossEntropy":
            raise ValueError("Wrong Criterion Passed")
        self.criterion = SoftmaxCrossEntropy()

    def forward(self, x, y):
        for module in self.modules:
            x = module.forward(x)
        return self.criterion.forward(x, y)

    def backward(self):
        self.criterion.backward()
        dout = self.criterion.dx
        for module in reversed(self.modules):
            module.backward(dout)
            dout = module.dx


class _baseNetwork:
    def __init__(self, input_size=28 * 28, num_classes=10):
        self.input_size, self.num_classes = input_size, num_classes
        self.weights, self.gradients = {}, {}

    def softmax(self, scores):
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def sigmoid(self, X):
        e = np.exp(-np.abs(X))
        return np.where(X > 0, 1, e) / (1 + e)

    def sigmoid_dev(self, x):
        out = self.sigmoid(x)
        return out * (1 - out)

    def ReLU(self, X):
        return np.maximum(X, 0)

    def ReLU_dev(self, X):
        return (X > 0).astype(X.dtype)
