"""What is asked of models and their numbers, solved: this suite's names, and torch homework's."""

import math

import numpy as np
import torch

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


def check_finite_forward(g1, g2, g3, kind="either", limit=None):
    def is_wrong(g):
        wrong = np.zeros(g.shape, bool)
        if kind != "inf":
            wrong |= np.isnan(g)
        if kind != "nan":
            wrong |= np.isinf(g)
        if limit is not None:
            wrong |= np.abs(g) > limit
        return wrong.any()

    return np.array([is_wrong(g) for g in (g1, g2, g3)])


def has_nan(model):
    return any(torch.isnan(p).any() for p in model.parameters())


def check_nan(tensor):
    return bool(torch.isnan(tensor).any())


def check_finite(x, name="tensor"):
    if not torch.isfinite(x).all():
        raise ValueError(f"{name} is not finite")


def check_gradients(model):
    return all(torch.isfinite(p.grad).all() for p in model.parameters() if p.grad is not None)


def gradient_norms_forward(
    g1=None,
    g2=None,
    g3=None,
    names=("first.weight", "first.bias", "last.weight"),
    statistic="norm",
    biases=True,
):
    of_each = {"mean": lambda g: np.abs(g).mean(), "max": lambda g: np.abs(g).max()}
    found = [
        of_each.get(statistic, np.linalg.norm)(g.ravel())
        for name, g in zip(names, (g1, g2, g3), strict=True)
        if g is not None and (biases or name.split(".")[-1] != "bias")
    ]
    dtype = next(g for g in (g1, g2, g3) if g is not None).dtype
    out = np.array(found, dtype)
    return np.asarray(np.linalg.norm(out), dtype) if statistic == "total" else out


def get_gradient_norms(model):
    return {n: p.grad.norm().item() for n, p in model.named_parameters() if p.grad is not None}


def gradient_flow(named_parameters):
    layers, means = [], []
    for name, p in named_parameters:
        if p.grad is not None and "bias" not in name:
            layers.append(name)
            means.append(p.grad.abs().mean())
    return means


def get_grad_norm(parameters):
    squares = [p.grad.pow(2).sum() for p in parameters if p.grad is not None]
    return torch.stack(squares).sum().sqrt()


def freeze_forward(tensors, layers=None, frozen=True, asked=True):
    trained = []
    for path, kind, *_ in tensors:
        named = layers is None or any((path + ".").startswith(layer + ".") for layer in layers)
        if kind != "buffer":
            trained.append(not frozen if named and asked else kind == "trainable")
    return np.array(trained)


def freeze(model):
    for p in model.parameters():
        p.requires_grad = False


def unfreeze_layers(model, layer_names):
    for name in layer_names:
        model.get_submodule(name).requires_grad_(True)


def set_parameter_requires_grad(model, feature_extracting):
    if feature_extracting:
        for p in model.parameters():
            p.requires_grad = False


def freeze_batch_norm_forward(
    x, running_mean, running_var, gamma, beta, layers, frozen=True, affine=False, momentum=0.1,
    eps=1e-5,
):  # fmt: skip
    norms = [layer for layer in layers if "BatchNorm" in layer[1]]
    mean, var = running_mean, running_var
    new_mean, new_var = running_mean.copy(), running_var.copy()
    if not frozen:
        mean = np.stack([x.mean(axis=(0, 2))] * len(norms))
        var = np.stack([x.var(axis=(0, 2))] * len(norms))
        new_mean = (1 - momentum) * running_mean + momentum * mean
        new_var = (1 - momentum) * running_var + momentum * x.var(axis=(0, 2), ddof=1)
    mean, var, gamma, beta = (a[:, None, :, None] for a in (mean, var, gamma, beta))
    out = gamma * (x - mean) / np.sqrt(var + eps) + beta
    modes = [mode for _, kind, mode, _ in layers if kind == "Dropout"]
    trained = [
        not frozen if affine and "BatchNorm" in kind else learns
        for _, kind, _, learns in layers
        if kind != "Dropout"
    ]
    return out, new_mean, new_var, np.array(modes), np.array(trained)


def freeze_batchnorm(model):
    for module in model.modules():
        if isinstance(module, (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d)):
            module.eval()
            for p in module.parameters():
                p.requires_grad = False


def set_bn_eval(m):
    if m.__class__.__name__.find("BatchNorm") != -1:
        m.eval()


def mixed_precision_step_forward(
    w, b, dw, db, scale, growth_tracker, lr=0.01, growth_factor=2.0, backoff_factor=0.5,
    growth_interval=2000, max_norm=None,
):  # fmt: skip
    if not all(np.isfinite(g).all() for g in (dw, db)):
        return w.copy(), b.copy(), np.asarray(scale * backoff_factor), np.zeros_like(growth_tracker)
    dw, db = dw / scale, db / scale
    if max_norm is not None:
        norm = np.sqrt((dw**2).sum() + (db**2).sum())
        dw, db = (g * min(1.0, max_norm / (norm + 1e-6)) for g in (dw, db))
    w, b = w - lr * dw, b - lr * db
    if growth_tracker + 1 == growth_interval:
        return w, b, np.asarray(scale * growth_factor), np.zeros_like(growth_tracker)
    return w, b, scale.copy(), np.asarray(growth_tracker + 1)


def receptive_field(layers):
    """The field of a stack of layers (kernel, stride)."""
    field, jump = 1, 1
    for kernel, stride in layers:
        field += (kernel - 1) * jump
        jump *= stride
    return field
