"""A recorded training loop: the order of the samples is evidence, the oracle redoes the rest."""

from __future__ import annotations

import numpy as np

from properties.operator import Law, Operator


def attributes(draw, domain):
    return {
        "samples": draw(domain.integer("samples", 1, 7)),
        "features": draw(domain.integer("features", 1, 3)),
        "batch": draw(domain.integer("batch", 1, 4)),
        "lr": draw(domain.choice("lr", (0.125, 0.01))),
    }


def inputs(at, values):
    return {
        "x": values.array("x", (at["samples"], at["features"])),
        "y": values.array("y", (at["samples"],)),
        "w": values.array("w", (at["features"],)),
    }


def oracle(tensors, at):
    import torch

    w = tensors["w"].clone().requires_grad_()
    optimizer, total = torch.optim.SGD([w], lr=at["lr"]), 0.0
    for batch in tensors["order"].split(at["batch"]):
        optimizer.zero_grad()
        with torch.enable_grad():
            errors = tensors["x"][batch] @ w - tensors["y"][batch]
            loss = (errors**2).mean()
            loss.backward()
        optimizer.step()
        total = total + loss.detach() * len(batch)
    return {"w": w.detach(), "loss": total / at["samples"]}


def every_sample_once(run, case, inputs):
    order = run(inputs)["order"]
    yield "the samples visited", np.sort(order) * 1.0, np.arange(case.attributes["samples"]) * 1.0


operator = Operator(
    name="training_loop",
    source="torch.optim.SGD over a shuffled loader",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("w", "loss"),
    state=("w",),
    evidence=("order",),
    steps=lambda draw, domain: ({},) * draw(domain.integer("steps", 1, 3)),
    regimes=("integers", "normal"),
    laws=(Law("completeness", "an epoch visits every sample once", every_sample_once),),
)


def epoch(x, y, w, batch, lr, weigh=len, order=None):
    order = np.random.permutation(len(x)) if order is None else order
    total = w.dtype.type(0)
    for start in range(0, len(order), batch):
        ids = order[start : start + batch]
        errors = x[ids] @ w - y[ids]
        w = w - (lr * 2 / len(ids)) * (errors @ x[ids])
        total = total + (errors**2).mean() * weigh(ids)
    return w, total, order


def forward(x, y, w, batch, lr):
    w, total, order = epoch(x, y, w, batch, lr)
    return w.astype(x.dtype), x.dtype.type(total / len(x)), order


def averages_unequal_batches(x, y, w, batch, lr):
    w, total, order = epoch(x, y, w, batch, lr, weigh=lambda ids: 1)
    return w.astype(x.dtype), x.dtype.type(total / -(-len(x) // batch)), order


def drops_the_last_sample(x, y, w, batch, lr):
    order = np.random.permutation(len(x))[: max(1, len(x) - 1)]
    w, total, order = epoch(x, y, w, batch, lr, order=order)
    return w.astype(x.dtype), x.dtype.type(total / len(x)), order
