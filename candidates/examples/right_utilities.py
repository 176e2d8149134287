"""How large a model is, solved: this suite's own names, and those of torch homework."""

import math

import numpy as np

ITEM_SIZES = {"float16": 2, "float32": 4, "float64": 8, "int64": 8}


def _own(tensors):
    return [tensor for place, tensor in enumerate(tensors) if tensor[4] == place]


def count_parameters_forward(tensors, trainable=False):
    kinds = ["trainable"] if trainable else ["trainable", "frozen"]
    return np.asarray(
        sum(math.prod(shape) for _, kind, shape, *_ in _own(tensors) if kind in kinds)
    )


def parameter_memory_forward(tensors, buffers=False):
    sizes = [
        math.prod(shape) * ITEM_SIZES[dtype]
        for _, kind, shape, dtype, _ in _own(tensors)
        if buffers or kind != "buffer"
    ]
    return np.asarray(sum(sizes))


def count_parameters(model):
    return sum(p.numel() for p in model.parameters())


def count_trainable_parameters(model):
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def get_model_size(model):
    tensors = [*model.parameters(), *model.buffers()]
    return sum(t.numel() * t.element_size() for t in tensors) / 1024**2
