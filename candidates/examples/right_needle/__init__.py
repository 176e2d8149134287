"""A right package in the manner of needle (CMU 10-714): all of it passes `layerproof check`."""

from . import autograd, data, init, nn, ops, optim
from .autograd import Tensor

__all__ = ["Tensor", "autograd", "data", "init", "nn", "ops", "optim"]
