"""What the optimizers share: their parameters and steps, torch's own step, laws and corners."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.operator import Arrays, Corners, Law, Pairs, Workload
from properties.operators._activations import SHAPES
from properties.values import Values

LEARNING_RATES = (0.5, 0.1, 1.0, 0.01)
WEIGHT_DECAYS = (0.0, 0.5, 0.1)


def steps(draw: DrawFn, domain: Domain) -> tuple[Attributes, ...]:
    """Mostly a few steps, up to fifty; the learning rate may fall from one to the next."""
    count = draw(domain.choice("steps", (1, 2, 3, 4, 2, 3, 5, 2, 3, 4, 12, 50)))
    lr = draw(domain.choice("lr", LEARNING_RATES))
    scheduled = draw(domain.boolean("scheduled"))
    fresh = draw(domain.boolean("fresh"))
    return tuple(
        {"lr": lr / (1 + i) if scheduled else lr, "fresh": fresh and i == 0} for i in range(count)
    )


def parameter(at: Attributes, values: Values) -> Arrays:
    """w and its gradient; only the gradient takes wild values."""
    shape = at["shape"]
    return {"w": values.tame("w", shape), "dw": values.array("dw", shape)}


def one_step(
    optimizer: Callable[..., Any],
    tensors: Mapping[str, Any],
    state: Mapping[str, Any],
    **options: Any,
) -> tuple[Any, dict[str, Any]]:
    """The parameter and the state after one step of a torch optimizer that has this state."""
    w = tensors["w"].clone().requires_grad_()
    w.grad = tensors["dw"].clone()
    made = optimizer([w], **options)
    made.state[w] = {name: tensor.clone() for name, tensor in state.items()}
    made.step()
    return w.detach(), dict(made.state[w])


def _turned(arrays: Arrays) -> Arrays:
    return {name: np.array(np.flip(a)) for name, a in arrays.items()}


def order_free(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Every number of a parameter moves on its own."""
    turned, outputs = run(_turned(inputs)), run(inputs)
    for name, expected in _turned(outputs).items():
        yield name, turned[name], expected


def odd(*signed: str) -> Callable[[Any, Case, Arrays], Pairs]:
    """The law that all signs turned round lead to a parameter (and averages) turned round."""

    def pairs(run: Any, case: Case, inputs: Arrays) -> Pairs:
        negative = {name: -a if name in signed else a for name, a in inputs.items()}
        outputs = run(inputs)
        for name, got in run(negative).items():
            yield name, got, -outputs[name] if name in signed else outputs[name]

    return pairs


ORDER = Law("order", "numbers of a parameter in another order move as they did", order_free)


def symmetry(*signed: str) -> Law:
    return Law("symmetry", "parameter and gradients of the other sign move alike", odd(*signed))


CORNERS: Corners = {
    **SHAPES,
    "first step": lambda case: bool(case.at(0)["fresh"]),
    "state given": lambda case: not case.at(0)["fresh"],
    "fifty steps": lambda case: len(case.steps) == 50,
    "learning rate changes": lambda case: len({step["lr"] for step in case.steps}) > 1,
    "sparse gradient": lambda case: case.regime == "sparse",
}


def weights(**attributes: Any) -> Workload:
    """The weights of a hidden layer, well into training."""
    shape = {"shape": (1024, 4096)}
    known = {"lr": 0.01, "fresh": False, "weight_decay": 0.0, "maximize": False}
    drawn = {"empty": False, "scheduled": False, "steps": 1}
    return Workload("weights of a hidden layer", {**shape, **known, **attributes}, drawn)
