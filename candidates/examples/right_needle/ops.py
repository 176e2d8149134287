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


def turned(x):
    """The last two axes exchanged."""
    *batch, rows, columns = range(len(x.shape))
    return x.transpose(*batch, columns, rows)


def spread(out_grad, axes, a):
    """What was summed over `axes` of a (None: all), repeated there."""
    axes = range(len(a.shape)) if axes is None else axes
    kept = [1 if n in axes else size for n, size in enumerate(a.shape)]
    return broadcast_to(out_grad.reshape(*kept), a.shape)


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
        return reduced(out_grad @ turned(b), a.shape), reduced(turned(a) @ out_grad, b.shape)


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
        return (spread(out_grad, self.axes, a),)


class BroadcastTo(Op):
    def __init__(self, shape):
        self.shape = shape

    def compute(self, a):
        return np.broadcast_to(a, self.shape).copy()

    def gradient(self, out_grad, node):
        return (reduced(out_grad, node.inputs[0].shape),)


class Exp(Op):
    def compute(self, a):
        return np.exp(a)

    def gradient(self, out_grad, node):
        return (out_grad * node,)


class Log(Op):
    def compute(self, a):
        return np.log(a)

    def gradient(self, out_grad, node):
        return (out_grad / node.inputs[0],)


class LogSumExp(Op):
    def __init__(self, axes=None):
        self.axes = axes

    def compute(self, a):
        largest = a.max(axis=self.axes, keepdims=True)
        total = np.log(np.exp(a - largest).sum(axis=self.axes))
        return total + largest.reshape(total.shape)

    def gradient(self, out_grad, node):
        (a,) = node.inputs
        share = Exp()(a - spread(node, self.axes, a))
        return (spread(out_grad, self.axes, a) * share,)


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


def add(a, b):
    return a + b


def add_scalar(a, scalar):
    return a + scalar


def multiply(a, b):
    return a * b


def mul_scalar(a, scalar):
    return a * scalar


def divide(a, b):
    return a / b


def power_scalar(a, scalar):
    return a**scalar


def negate(a):
    return -a


def matmul(a, b):
    return a @ b


def exp(a):
    return Exp()(a)


def log(a):
    return Log()(a)


def reshape(a, shape):
    return a.reshape(*shape)


def broadcast_to(a, shape):
    return BroadcastTo(shape)(a)


def transpose(a, axes=None):
    """Two axes exchanged, the last two if it is not said which."""
    order = list(range(len(a.shape)))
    i, j = axes or (-1, -2)
    order[i], order[j] = order[j], order[i]
    return a.transpose(*order)


def logsumexp(a, axes=None):
    return LogSumExp(axes)(a)


def relu(a):
    return ReLU()(a)


def tanh(a):
    return Tanh()(a)


def logsoftmax(a):
    return LogSoftmax()(a)


def summation(a, axes=None):
    return a.sum(axes)
