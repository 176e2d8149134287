"""Initial values."""

import numpy as np

from .autograd import Tensor


def rand(*shape, bound):
    return Tensor(np.random.uniform(-bound, bound, shape).astype("float32"))


def ones(*shape):
    return Tensor(np.ones(shape, "float32"))


def zeros(*shape):
    return Tensor(np.zeros(shape, "float32"))
