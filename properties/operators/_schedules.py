"""What the schedules share: the first learning rate, torch's scheduler at work, laws, corners."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.operator import Arrays, Corners, Law, Pairs
from properties.values import Values

REGIMES = ("integers", "normal")


def draw_n(draw: DrawFn, domain: Domain) -> int:
    """For how many steps the schedule is asked."""
    return draw(domain.choice("n", (12, 5, 30, 1, 100)))


def inputs(at: Attributes, values: Values) -> Arrays:
    return {"base_lr": np.asarray(values.positive("base_lr", ()))}


def scheduled(
    scheduler: str, tensors: Mapping[str, Any], at: Attributes, **options: Any
) -> dict[str, Any]:
    """The learning rates of n steps under one of torch's schedulers."""
    import torch

    base_lr = tensors["base_lr"]
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=float(base_lr))
    schedule = getattr(torch.optim.lr_scheduler, scheduler)(optimizer, **options)
    rates = []
    for _ in range(at["n"]):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return {"lr": torch.tensor(rates, dtype=base_lr.dtype)}


def _scaled(run: Any, case: Case, inputs: Arrays) -> Pairs:
    doubled = run({name: np.asarray(2 * rate) for name, rate in inputs.items()})["lr"]
    yield "lr", doubled, 2 * run(inputs)["lr"]


def _begun(run: Any, case: Case, inputs: Arrays) -> Pairs:
    fewer = case.attributes["n"] // 2
    yield "lr", run(inputs, n=fewer)["lr"], run(inputs)["lr"][:fewer]


PREFIX = Law("prefix", "fewer steps have the same rates", _begun)
SCALING = Law("scaling", "twice the first rate gives twice all rates", _scaled)


def starts_at(first: Callable[[Attributes, Arrays], Any]) -> Law:
    """The law that the first rate is known."""

    def pairs(run: Any, case: Case, inputs: Arrays) -> Pairs:
        yield "lr[0]", np.asarray(run(inputs)["lr"][0]), np.asarray(first(case.at(0), inputs))

    return Law("start", "the first rate is that of a schedule not begun", pairs)


CORNERS: Corners = {
    "one step": lambda case: case.attributes["n"] == 1,
    "a hundred steps": lambda case: case.attributes["n"] == 100,
}
