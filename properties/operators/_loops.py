"""What training loops have in common: a small classifier, batches, and how a loop is judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes
from properties.domain import Domain
from properties.operator import Arrays, Corners
from properties.values import Values

PARAMETERS = ("W1", "b1", "gamma1", "beta1", "W2", "b2")
STATISTICS = ("running_mean1", "running_var1")
RESULTS = ("losses", "accuracies")


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    """Batches of one size, the last one often smaller, and the classifier's sizes."""
    normalised = draw(domain.boolean("normalised"))
    # Of two values normalised nothing is left but a sign.
    fewest = 3 if normalised else 1
    size = draw(domain.integer("batch_size", fewest, 4))
    last = draw(domain.integer("last_batch", fewest, size))
    full = draw(domain.integer("full_batches", 0, 3))
    dims = draw(domain.integer("feature_dims", 1, 3))
    return {
        "batch_sizes": (size,) * full + (last,),
        "features": tuple(draw(domain.integer("feature", 1, 3)) for _ in range(dims)),
        "hidden": draw(domain.integer("hidden", 1, 4)),
        "classes": draw(domain.integer("classes", 2, 4)),
        "normalised": normalised,
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    N, H, C = sum(at["batch_sizes"]), at["hidden"], at["classes"]
    x = values.array("x", (N, *at["features"]))
    arrays = {"x": x, "y": values.ids("y", (N,), C)}
    arrays["W1"] = values.tame("W1", (H, x[0].size)) / np.sqrt(x[0].size)
    if at["normalised"]:
        arrays |= {
            "gamma1": values.positive("gamma1", (H,)),
            "beta1": values.tame("beta1", (H,)),
            "running_mean1": values.tame("running_mean1", (H,)),
            "running_var1": values.positive("running_var1", (H,)),
        }
    else:
        arrays["b1"] = values.tame("b1", (H,))
    W2 = values.tame("W2", (C, H)) / np.sqrt(H)
    return arrays | {"W2": W2, "b2": values.tame("b2", (C,))}


def batches(tensors: Mapping[str, Any], sizes: tuple[int, ...]) -> Iterator[tuple[Any, Any]]:
    """The batches (x, y) in order."""
    yield from zip(tensors["x"].split(list(sizes)), tensors["y"].split(list(sizes)), strict=True)


def logits(tensors: Mapping[str, Any], x: Any, statistics: Any, training: bool) -> Any:
    """The classifier by PyTorch; in training the `statistics` (mean, var) are moved in place."""
    from torch.nn.functional import batch_norm, linear

    hidden = linear(x.flatten(1), tensors["W1"], tensors.get("b1"))
    if statistics:
        mean, var = statistics
        gamma, beta = tensors["gamma1"], tensors["beta1"]
        hidden = batch_norm(hidden, mean, var, gamma, beta, training=training)
    return linear(hidden.tanh(), tensors["W2"], tensors["b2"])


def statistics(tensors: Mapping[str, Any]) -> list[Any]:
    """Copies of the running mean and variance, or none."""
    return [tensors[name].detach().clone() for name in STATISTICS if name in tensors]


def epoch(
    tensors: Mapping[str, Any],
    at: Attributes,
    leaves: Mapping[str, Any],
    moved: Any,
    optimizer: Any,
) -> tuple[Any, Any]:
    """The mean loss and the accuracy over the samples of one epoch of training."""
    import torch
    from torch.nn.functional import cross_entropy

    total, correct = 0.0, 0.0
    for x, y in batches(tensors, at["batch_sizes"]):
        optimizer.zero_grad()
        scores = logits(leaves, x, moved, training=True)
        loss = cross_entropy(scores, y, reduction="sum")
        (loss / len(y)).backward()
        if at.get("max_norm") is not None:
            torch.nn.utils.clip_grad_norm_(list(leaves.values()), at["max_norm"])
        optimizer.step()
        total = total + loss.detach()
        correct = correct + (scores.argmax(1) == y).sum().double()
    samples = len(tensors["y"])
    return total / samples, correct / samples


def evaluated(tensors: Mapping[str, Any], sizes: tuple[int, ...], kept: Any) -> tuple[Any, Any]:
    """The mean loss and the accuracy over the samples in evaluation, with these statistics."""
    from torch.nn.functional import cross_entropy

    total, correct = 0.0, 0.0
    for x, y in batches(tensors, sizes):
        scores = logits(tensors, x, kept, training=False)
        total = total + cross_entropy(scores, y, reduction="sum")
        correct = correct + (scores.argmax(1) == y).sum().double()
    samples = len(tensors["y"])
    return total / samples, correct / samples


CORNERS: Corners = {
    "one batch": lambda case: len(case.attributes["batch_sizes"]) == 1,
    "last batch smaller": lambda case: len(set(case.attributes["batch_sizes"])) == 2,
    "last batch of one": lambda case: case.attributes["batch_sizes"][-1] == 1,
    "equal batches": lambda case: (
        len(case.attributes["batch_sizes"]) > 1 and len(set(case.attributes["batch_sizes"])) == 1
    ),
    "normalised": lambda case: case.attributes["normalised"],
    "images": lambda case: len(case.attributes["features"]) == 3,
}


def trained(
    tensors: Mapping[str, Any], at: Attributes, one_epoch: Callable[..., tuple[Any, Any]]
) -> dict[str, Any]:
    """What epochs of descent leave and tell, each called as `epoch` is."""
    import torch

    leaves = {n: tensors[n].detach().clone() for n in PARAMETERS if n in tensors}
    moved = statistics(tensors)
    steps = {"lr": at["learning_rate"], "momentum": at["momentum"]}
    optimizer = torch.optim.SGD(leaves.values(), **steps, weight_decay=at["weight_decay"])
    found = []
    with torch.enable_grad():
        for leaf in leaves.values():
            leaf.requires_grad_()
        for _ in range(at["epochs"]):
            found.append(one_epoch(tensors, at, leaves, moved, optimizer))
    losses, accuracies = (torch.stack(column) for column in zip(*found, strict=True))
    after = {name: leaf.detach() for name, leaf in leaves.items()}
    told = {"losses": losses, "accuracies": accuracies.to(losses.dtype)}
    return told | after | dict(zip(STATISTICS, moved, strict=False))
