"""Automatic differentiation, solved: micrograd's `Value`, and CSE 599W's assignment 1."""

import math

import numpy as np


class Value:
    """A number that remembers what it was computed from."""

    def __init__(self, data, children=()):
        self.data = data
        self.grad = 0.0
        self._children = children
        self._backward = lambda: None

    def _new(self, data, *parts):
        """A value and, for each operand, its derivative."""
        out = Value(data, tuple(operand for operand, _ in parts))

        def backward():
            for operand, slope in parts:
                operand.grad += slope * out.grad

        out._backward = backward
        return out

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return self._new(self.data + other.data, (self, 1.0), (other, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return self._new(self.data * other.data, (self, other.data), (other, self.data))

    def __pow__(self, exponent):
        return self._new(self.data**exponent, (self, exponent * self.data ** (exponent - 1)))

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + -other

    def __truediv__(self, other):
        return self * other**-1

    def exp(self):
        out = math.exp(self.data)
        return self._new(out, (self, out))

    def log(self):
        return self._new(math.log(self.data), (self, 1 / self.data))

    def tanh(self):
        out = math.tanh(self.data)
        return self._new(out, (self, 1 - out**2))

    def relu(self):
        return self._new(max(self.data, 0.0), (self, float(self.data > 0)))

    def backward(self):
        order, seen = [], set()

        def visit(value):
            if value not in seen:
                seen.add(value)
                for child in value._children:
                    visit(child)
                order.append(value)

        visit(self)
        self.grad = 1.0
        for value in reversed(order):
            value._backward()


class Node:
    """A node of a graph: an operation, its inputs, and a number or flags beside them."""

    def __init__(self, op, inputs=(), attribute=None):
        self.op, self.inputs, self.attribute = op, list(inputs), attribute

    def __add__(self, other):
        return add_op(self, other) if isinstance(other, Node) else add_byconst_op(self, other)

    def __mul__(self, other):
        return mul_op(self, other) if isinstance(other, Node) else mul_byconst_op(self, other)

    __radd__, __rmul__ = __add__, __mul__


class AddOp:
    def __call__(self, a, b):
        return Node(self, [a, b])

    def compute(self, node, values):
        return values[0] + values[1]

    def gradient(self, node, dout):
        return [dout, dout]


class AddByConstOp:
    def __call__(self, a, const):
        return Node(self, [a], const)

    def compute(self, node, values):
        return values[0] + node.attribute

    def gradient(self, node, dout):
        return [dout]


class MulOp:
    def __call__(self, a, b):
        return Node(self, [a, b])

    def compute(self, node, values):
        return values[0] * values[1]

    def gradient(self, node, dout):
        a, b = node.inputs
        return [dout * b, dout * a]


class MulByConstOp:
    def __call__(self, a, const):
        return Node(self, [a], const)

    def compute(self, node, values):
        return values[0] * node.attribute

    def gradient(self, node, dout):
        return [dout * node.attribute]


class MatMulOp:
    def __call__(self, a, b, trans_A=False, trans_B=False):
        return Node(self, [a, b], (trans_A, trans_B))

    def compute(self, node, values):
        a, b = (v.T if turned else v for v, turned in zip(values, node.attribute, strict=True))
        return a @ b

    def gradient(self, node, dout):
        (a, b), (turned_a, turned_b) = node.inputs, node.attribute
        da = matmul_op(dout, b, False, not turned_b)
        db = matmul_op(a, dout, not turned_a)
        da = matmul_op(b, dout, turned_b, True) if turned_a else da
        db = matmul_op(dout, a, True, turned_a) if turned_b else db
        return [da, db]


class PlaceholderOp:
    def __call__(self):
        return Node(self)


class OnesLikeOp:
    def __call__(self, a):
        return Node(self, [a])

    def compute(self, node, values):
        return np.ones(values[0].shape)

    def gradient(self, node, dout):
        return [zeroslike_op(node.inputs[0])]


class ZerosLikeOp:
    def __call__(self, a):
        return Node(self, [a])

    def compute(self, node, values):
        return np.zeros(values[0].shape)

    def gradient(self, node, dout):
        return [zeroslike_op(node.inputs[0])]


add_op, mul_op, matmul_op = AddOp(), MulOp(), MatMulOp()
add_byconst_op, mul_byconst_op = AddByConstOp(), MulByConstOp()
placeholder_op, oneslike_op, zeroslike_op = PlaceholderOp(), OnesLikeOp(), ZerosLikeOp()


def Variable(name):
    node = placeholder_op()
    node.name = name
    return node


class Executor:
    def __init__(self, eval_node_list):
        self.eval_node_list = eval_node_list

    def run(self, feed_dict):
        values = dict(feed_dict)
        for node in find_topo_sort(self.eval_node_list):
            if node not in values:
                values[node] = node.op.compute(node, [values[n] for n in node.inputs])
        return [values[node] for node in self.eval_node_list]


def gradients(output_node, node_list):
    contributions = {output_node: [oneslike_op(output_node)]}
    found = {}
    for node in reversed(find_topo_sort([output_node])):
        first, *others = contributions[node]
        found[node] = sum(others, first) if others else first
        if node.inputs:
            grads = node.op.gradient(node, found[node])
            for operand, grad in zip(node.inputs, grads, strict=True):
                contributions.setdefault(operand, []).append(grad)
    return [found[node] for node in node_list]


def find_topo_sort(node_list):
    order, seen = [], set()

    def visit(node):
        if node not in seen:
            seen.add(node)
            for operand in node.inputs:
                visit(operand)
            order.append(node)

    for node in node_list:
        visit(node)
    return order
