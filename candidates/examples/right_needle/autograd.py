"""Tensors that remember the operator and the inputs they come from."""

import numpy as np


class Op:
    """`compute` on arrays, `gradient` on tensors: one for each input."""

    def __call__(self, *inputs):
        return Tensor.make_from_op(self, inputs)


class Tensor:
    def __init__(self, array, *, dtype=None, requires_grad=True):
        self.op, self.inputs, self.grad = None, (), None
        self.cached_data = np.array(array, dtype=dtype)
        self.requires_grad = requires_grad

    @staticmethod
    def make_from_op(op, inputs):
        tensor = Tensor(op.compute(*(x.cached_data for x in inputs)))
        tensor.requires_grad = any(x.requires_grad for x in inputs)
        if tensor.requires_grad:
            tensor.op, tensor.inputs = op, inputs
        return tensor

    @property
    def shape(self):
        return self.cached_data.shape

    def numpy(self):
        return self.cached_data

    def detach(self):
        return Tensor(self.cached_data, requires_grad=False)

    def backward(self, out_grad=None):
        """Leave the adjoint of every tensor that this one comes from in its `grad`."""
        compute_gradient_of_variables(self, out_grad or Tensor(np.ones(self.shape)))

    def __add__(self, other):
        return _ops().Add()(self, _tensor(other, self))

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + _tensor(other, self) * -1.0

    def __mul__(self, other):
        return _ops().Multiply()(self, _tensor(other, self))

    def __truediv__(self, other):
        return self * _tensor(other, self) ** -1.0

    def __pow__(self, power):
        return _ops().Power(power)(self)

    def __matmul__(self, other):
        return _ops().MatMul()(self, other)

    def reshape(self, *shape):
        return _ops().Reshape(shape)(self)

    def transpose(self, *axes):
        return _ops().Transpose(axes)(self)

    def sum(self, axes=None, keepdims=False):
        return _ops().Summation(axes, keepdims)(self)


def compute_gradient_of_variables(output, out_grad):
    """The adjoint of every tensor that the output comes from, in its `grad`."""
    arriving = {id(output): [out_grad]}
    for node in reversed(_ordered(output, {})):
        first, *others = arriving[id(node)]
        for other in others:
            first = first + other
        node.grad = first
        if node.op is None:
            continue
        for x, gradient in zip(node.inputs, node.op.gradient(node.grad, node), strict=True):
            arriving.setdefault(id(x), []).append(gradient)


def _ops():
    from . import ops

    return ops


def _tensor(value, like):
    """A number as a tensor of the same precision, a tensor as it is."""
    if isinstance(value, Tensor):
        return value
    return Tensor(value, dtype=like.cached_data.dtype, requires_grad=False)


def _ordered(node, seen):
    """Every tensor after those that it comes from."""
    for x in node.inputs:
        if id(x) not in seen:
            _ordered(x, seen)
    seen[id(node)] = node
    return list(seen.values())
