"""Operators: `compute` on arrays, `gradient` on tensors."""

import numpy as np

from .autograd import Op, Tensor


def reduced(gradient, shape):
    """The gradient summed over the axes along which an array of this shape was broadcast."""
    added = len(gradient.shape) - len(shape)
    axes = tuple(
        a for a, n in enumerate(gradient.shape) if a < added or (shape[a - added] == 1 and n != 1)
    )
    return (gradient.sum(axes) if axes else gradient).reshape(*shape)


class Add(Op):
    def compute(self, a, b):
        return a + b

    def gradient(self, out_grad, node):
        return tuple(reduced(out_grad, x.shape) for x in node.inputs)


class Multiply(Op):
    def compute(self, a, b):
        return a * b

    def gradient(self, out_grad, node):
        a, b = node.inputs
        return reduced(out_grad * b, a.shape), reduced(out_grad * a, b.shape)


class Power(Op):
    def __init__(self, power):
        self.power = power

    def compute(self, a):
        return a**self.power

    def gradient(self, out_grad, node):
        (a,) = node.inputs
        return (out_grad * a ** (self.power - 1) * self.power,)


class MatMul(Op):
    def compute(self, a, b):
        return a @ b

    def gradient(self, out_grad, node):
        a, b = node.inputs
        return out_grad @ b.transpose(1, 0), a.transpose(1, 0) @ out_grad


class Reshape(Op):
    def __init__(self, shape):
        self.shape = shape

    def compute(self, a):
        return a.reshape(self.shape)

    def gradient(self, out_grad, node):
        return (out_grad.reshape(*node.inputs[0].shape),)


class Transpose(Op):
    def __init__(self, axes):
        self.axes = axes

    def compute(self, a):
        return a.transpose(self.axes)

    def gradient(self, out_grad, node):
        return (out_grad.transpose(*np.argsort(self.axes)),)


class Summation(Op):
    def __init__(self, axes=None, keepdims=False):
        self.axes, self.keepdims = axes, keepdims

    def compute(self, a):
        return a.sum(axis=self.axes, keepdims=self.keepdims)

    def gradient(self, out_grad, node):
        (a,) = node.inputs
        axes = range(len(a.shape)) if self.axes is None else self.axes
        kept = [1 if n in axes else size for n, size in enumerate(a.shape)]
        return (out_grad.reshape(*kept) * Tensor(np.ones_like(a.cached_data)),)


class ReLU(Op):
    def compute(self, a):
        return np.maximum(a, 0)

    def gradient(self, out_grad, node):
        return (out_grad * Tensor(node.cached_data > 0),)


class Tanh(Op):
    def compute(self, a):
        return np.tanh(a)

    def gradient(self, out_grad, node):
        return (out_grad * (node * node * -1.0 + 1.0),)


class LogSoftmax(Op):
    def compute(self, a):
        shifted = a - a.max(axis=1, keepdims=True)
        return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))

    def gradient(self, out_grad, node):
        return (out_grad - Tensor(np.exp(node.cached_data)) * out_grad.sum((1,), keepdims=True),)


class Take(Op):
    """Part of an array: the gradient is put back in its place, and added where it repeats."""

    def __init__(self, place):
        self.place = place

    def compute(self, a):
        return a[self.place].copy()

    def gradient(self, out_grad, node):
        whole = np.zeros_like(node.inputs[0].cached_data)
        np.add.at(whole, self.place, out_grad.cached_data)
        return (Tensor(whole),)


class Pad(Op):
    def __init__(self, padding):
        self.padding = padding

    def compute(self, a):
        p = (self.padding, self.padding)
        return np.pad(a, ((0, 0), (0, 0), p, p))

    def gradient(self, out_grad, node):
        _, _, height, width = node.inputs[0].shape
        rows = slice(self.padding, self.padding + height)
        columns = slice(self.padding, self.padding + width)
        return (Take((slice(None), slice(None), rows, columns))(out_grad),)


class Stack(Op):
    def compute(self, *arrays):
        return np.stack(arrays)

    def gradient(self, out_grad, node):
        return tuple(Take(i)(out_grad) for i in range(len(node.inputs)))


def relu(a):
    return ReLU()(a)


def tanh(a):
    return Tanh()(a)


def logsoftmax(a):
    return LogSoftmax()(a)


def summation(a, axes=None):
    return a.sum(axes)
