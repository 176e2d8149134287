"""Right solutions of exercises around layers, in the plain convention.

Automatic differentiation, sizes of layers, and tools for arrays; metrics, data, text and what looks
after a model are in `right_metrics.py`, `right_data.py`, `right_text.py` and `right_utilities.py`.
"""

import numpy as np


class Var:
    """An array and, for each array that it was made of, how a gradient of it gets there.

    That way is made of the operations below, so that gradients have gradients as well.
    """

    def __init__(self, value, ways=()):
        self.value, self.ways = np.asarray(value), ways


def add(a, b):
    return Var(a.value + b.value, [(a, lambda d: unspread(d, a)), (b, lambda d: unspread(d, b))])


def times(a, b):
    ways = [(a, lambda d: unspread(times(d, b), a)), (b, lambda d: unspread(times(d, a), b))]
    return Var(a.value * b.value, ways)


def scale(a, number):
    return Var(a.value * number, [(a, lambda d: scale(d, number))])


def power(a, exponent):
    def way(d):
        return scale(times(d, power(a, exponent - 1)), exponent) if exponent else scale(d, 0)

    return Var(a.value**exponent, [(a, way)])


def exp(a):
    out = Var(np.exp(a.value))
    out.ways = [(a, lambda d: times(d, out))]
    return out


def log(a):
    return Var(np.log(a.value), [(a, lambda d: times(d, power(a, -1)))])


def tanh(a):
    out = Var(np.tanh(a.value))
    out.ways = [(a, lambda d: add(d, scale(times(d, power(out, 2)), -1)))]
    return out


def relu(a):
    on = (a.value > 0).astype(a.value.dtype)
    return Var(a.value * on, [(a, lambda d: times(d, Var(on)))])


def matmul(a, b):
    def left(d):
        return unspread(matmul(d, swap(b, -1, -2)), a)

    def right(d):
        return unspread(matmul(swap(a, -1, -2), d), b)

    return Var(a.value @ b.value, [(a, left), (b, right)])


def swap(a, i, j):
    return Var(np.swapaxes(a.value, i, j), [(a, lambda d: swap(d, i, j))])


def reshape(a, shape):
    return Var(a.value.reshape(shape), [(a, lambda d: reshape(d, a.value.shape))])


def spread(a, shape):
    return Var(np.broadcast_to(a.value, shape), [(a, lambda d: unspread(d, a))])


def total(a, axes):
    """The sum over axes, None for all; they are gone afterwards."""
    axes = range(a.value.ndim) if axes is None else np.atleast_1d(axes) % a.value.ndim
    kept = [1 if i in axes else n for i, n in enumerate(a.value.shape)]
    summed = a.value.sum(axis=tuple(int(i) for i in axes))
    return Var(summed, [(a, lambda d: spread(reshape(d, kept), a.value.shape))])


def unspread(d, a):
    """A gradient of what `a` was broadcast to, as one of `a`."""
    more = d.value.ndim - a.value.ndim
    axes = [i for i in range(d.value.ndim) if i < more or a.value.shape[i - more] == 1]
    return reshape(total(d, axes), a.value.shape) if axes else d


def log_sum_exp(a, axes):
    axes = range(a.value.ndim) if axes is None else np.atleast_1d(axes) % a.value.ndim
    axes = tuple(int(i) for i in axes)
    highest = a.value.max(axis=axes, keepdims=True)
    inside = exp(add(a, Var(-highest)))
    return add(log(total(inside, axes)), Var(highest.squeeze(axes)))


STEPS = {
    "add": lambda p, a, b: add(a, b),
    "multiply": lambda p, a, b: times(a, b),
    "divide": lambda p, a, b: times(a, power(b, -1)),
    "matmul": lambda p, a, b: matmul(a, b),
    "negate": lambda p, a: scale(a, -1),
    "exp": lambda p, a: exp(a),
    "log": lambda p, a: log(a),
    "tanh": lambda p, a: tanh(a),
    "relu": lambda p, a: relu(a),
    "add_scalar": lambda p, a: add(a, Var(a.value.dtype.type(p))),
    "multiply_scalar": lambda p, a: scale(a, p),
    "power_scalar": lambda p, a: power(a, p),
    "summation": lambda p, a: total(a, p),
    "logsumexp": lambda p, a: log_sum_exp(a, p),
    "broadcast_to": lambda p, a: spread(a, p),
    "reshape": lambda p, a: reshape(a, p),
    "transpose": lambda p, a: swap(a, *p),
}


def gradients(out, dout, leaves):
    """The gradients of the leaves: each variable hands on all that reached it, last ones first."""
    order, seen = [], set()

    def visit(var):
        if id(var) not in seen:
            seen.add(id(var))
            for source, _ in var.ways:
                visit(source)
            order.append(var)

    visit(out)
    reached = {id(out): dout}
    for var in reversed(order):
        for source, way in var.ways:
            if id(var) in reached:
                part, so_far = way(reached[id(var)]), reached.get(id(source))
                reached[id(source)] = part if so_far is None else add(so_far, part)
    return [reached.get(id(leaf), Var(np.zeros_like(leaf.value))) for leaf in leaves]


def autodiff_forward(x, y, v, ux, uy, *, graph):
    leaves = [Var(x), Var(y)]
    values = list(leaves)
    for name, places, parameter in graph:
        values.append(STEPS[name](parameter, *(values[i] for i in places)))
    out = values[-1]
    dx, dy = gradients(out, Var(v), leaves)
    rise = add(total(times(Var(ux), dx), None), total(times(Var(uy), dy), None))
    second = gradients(rise, Var(np.ones_like(rise.value)), leaves)
    return tuple(np.array(var.value) for var in (out, dx, dy, *second))


def pairs(number):
    return np.broadcast_to(np.asarray(number, np.int64), (2,))


def output_size_forward(size, kernel_size, *, stride=1, padding=0, dilation=1, ceil_mode=False):
    size, kernel_size, stride = pairs(size), pairs(kernel_size), pairs(stride)
    padding, dilation = pairs(padding), pairs(dilation)
    room = size + 2 * padding - dilation * (kernel_size - 1) - 1
    if not ceil_mode:
        return room // stride + 1
    out = -(-room // stride) + 1
    return np.where((out - 1) * stride >= size + padding, out - 1, out)


def receptive_field_forward(kernel_sizes, strides, dilations):
    seen, step = pairs(1), pairs(1)
    for kernel, stride, dilation in zip(kernel_sizes, strides, dilations, strict=True):
        seen = seen + (pairs(kernel) - 1) * pairs(dilation) * step
        step = step * pairs(stride)
    return np.array(seen)


def one_hot_forward(ids, num_classes=-1):
    classes = ids.max() + 1 if num_classes == -1 else num_classes
    return (ids[..., None] == np.arange(classes)).astype(np.int64)


def padding_mask_forward(lengths, max_length=None, *, marks="valid"):
    steps = np.arange(lengths.max() if max_length is None else max_length)
    valid = steps < lengths[:, None]
    return valid if marks == "valid" else ~valid


def top_k_forward(x, k, *, axis=-1, largest=True):
    order = np.argsort(-x if largest else x, axis=axis, kind="stable")
    indices = np.take(order, np.arange(k), axis=axis)
    return np.take_along_axis(x, indices, axis), indices, (x.shape, indices, axis)


def top_k_backward(dvalues, cache):
    shape, indices, axis = cache
    dx = np.zeros(shape, dvalues.dtype)
    np.put_along_axis(dx, indices, dvalues, axis)
    return dx


def normalize_forward(x, *, p=2, axis=1, eps=1e-12):
    size = np.abs(x) if p == 1 else x**2
    norm = size.sum(axis=axis, keepdims=True)
    norm = norm if p == 1 else np.sqrt(norm)
    return x / np.maximum(norm, eps), (x, norm, p, axis, eps)


def normalize_backward(dout, cache):
    x, norm, p, axis, eps = cache
    long = np.maximum(norm, eps)
    slope = np.sign(x) if p == 1 else x / long
    along = (dout * x).sum(axis=axis, keepdims=True) / long**2
    return dout / long - np.where(norm > eps, along * slope, 0)


def pairwise_distances_forward(x, y):
    apart = x[..., :, None, :] - y[..., None, :, :]
    distances = np.sqrt((apart**2).sum(axis=-1))
    return distances, (apart, distances)


def pairwise_distances_backward(dout, cache):
    apart, distances = cache
    slope = np.where(distances > 0, dout / np.where(distances > 0, distances, 1), 0)
    pulls = slope[..., None] * apart
    return pulls.sum(axis=-2), -pulls.sum(axis=-3)
