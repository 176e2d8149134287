"""What training loops are handed: a small classifier of torch layers, and batches of a case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from properties.models import parts


def classifier(
    at: Mapping[str, Any], inputs: Mapping[str, Any], *, logarithms: bool = False
) -> Any:
    """The case's model of torch layers, in float32.

    logarithms: it gives those of the probabilities, as a loss of them takes it.
    """
    import torch
    from torch import nn

    arrays = {n: torch.from_numpy(np.array(a, np.float32)) for n, a in _weights(inputs).items()}
    hidden, features = arrays["W1"].shape
    first = nn.Linear(features, hidden, bias="b1" in arrays)
    norm = [nn.BatchNorm1d(hidden)] if "gamma1" in arrays else []
    dropout = [nn.Dropout(at["p"])] if at.get("p") else []
    last = nn.Linear(hidden, len(arrays["b2"]))
    with torch.random.fork_rng(devices=[]):
        head = [nn.LogSoftmax(1)] if logarithms else []
        model = nn.Sequential(nn.Flatten(), first, *norm, nn.Tanh(), *dropout, last, *head)
    with torch.no_grad():
        for name, tensor in _places(model).items():
            tensor.copy_(arrays[name])
    return model


def percent_right(*tensors: Any, **named: Any) -> float:
    """The percentage of equal class ids in two tensors; of scores, the best one counts."""
    first, second = (t.argmax(1) if t.ndim > 1 else t for t in (*tensors, *named.values()))
    return float((first == second).double().mean()) * 100


def _weights(inputs: Mapping[str, Any]) -> dict[str, Any]:
    parameters, state, _ = parts(inputs)
    return parameters | state


def _places(model: Any) -> dict[str, Any]:
    """The tensors of a classifier by the operator's names."""
    from torch import nn

    layers = [layer for layer in model if isinstance(layer, (nn.Linear, nn.BatchNorm1d))]
    found = {"W1": layers[0].weight, "W2": layers[-1].weight, "b2": layers[-1].bias}
    if layers[0].bias is not None:
        found["b1"] = layers[0].bias
    if len(layers) == 3:
        norm = layers[1]
        found |= {"gamma1": norm.weight, "beta1": norm.bias}
        found |= {"running_mean1": norm.running_mean, "running_var1": norm.running_var}
    return found


def after(model: Any) -> dict[str, np.ndarray]:
    """Copies of what a model holds, by the operator's names."""
    return {n: t.detach().cpu().numpy().copy() for n, t in _places(model).items()}


def loader(at: Mapping[str, Any], inputs: Mapping[str, Any]) -> Any:
    """The batches of a case, in order, as torch loads them."""
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    x = torch.from_numpy(np.array(inputs["x"], np.float32))
    data = TensorDataset(x, torch.from_numpy(np.array(inputs["y"])))
    names = [f"class {i}" for i in range(len(inputs["b2"]) if "b2" in inputs else 0)]
    vars(data).update(train=False, classes=names, data=x, targets=inputs["y"].tolist())
    # A generator of its own: asking for batches must not move the one that others see.
    return DataLoader(data, batch_size=at["batch_sizes"][0], generator=torch.Generator())
