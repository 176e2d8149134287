"""step_lr: strategy, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis.strategies import DrawFn

from properties.case import Attributes
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Corners, Operator
from properties.operators import _schedules
from properties.operators._schedules import (
    PREFIX,
    REGIMES,
    SCALING,
    draw_n,
    inputs,
    scheduled,
    starts_at,
)


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    return {
        "n": draw_n(draw, domain),
        "step_size": draw(domain.choice("step_size", (3, 1, 2, 10))),
        "gamma": draw(domain.choice("gamma", (0.5, 0.1, 0.9))),
    }


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    return scheduled("StepLR", tensors, at, step_size=at["step_size"], gamma=at["gamma"])


LR = "lr[t] = base_lr * gamma ** (t // step_size)"

MISTAKES = (
    edit(
        "decayed one step early",
        "the fall comes one step before its time",
        LR,
        "lr[t] = base_lr * gamma ** ((t + 1) // step_size)",
    ),
    edit(
        "decayed one step late",
        "the fall comes one step after its time",
        LR,
        "lr[t] = base_lr * gamma ** (max(t - 1, 0) // step_size)",
    ),
    edit("decayed at every step", "step_size is ignored", LR, "lr[t] = base_lr * gamma**t"),
    edit(
        "decayed smoothly",
        "the exponent is t / step_size, not rounded down",
        LR,
        "lr[t] = base_lr * gamma ** (t / step_size)",
    ),
    edit(
        "decayed once",
        "the rate falls after the first step_size steps and never again",
        LR,
        "lr[t] = base_lr * gamma ** min(t // step_size, 1)",
    ),
    edit(
        "decayed from the start",
        "one fall is counted before the first step",
        LR,
        "lr[t] = base_lr * gamma ** (t // step_size + 1)",
    ),
    edit(
        "gamma not raised to a power",
        "the rate is multiplied by gamma times the number of falls",
        LR,
        "lr[t] = base_lr * (gamma * (t // step_size) if t >= step_size else 1)",
    ),
    edit(
        "gamma inverted",
        "the rate is divided by gamma",
        LR,
        "lr[t] = base_lr / gamma ** (t // step_size)",
    ),
    edit(
        "gamma taken off",
        "each fall takes the fraction gamma away",
        LR,
        "lr[t] = base_lr * (1 - gamma) ** (t // step_size)",
    ),
    edit(
        "gamma ignored",
        "the rate falls to a tenth whatever gamma says",
        LR,
        "lr[t] = base_lr * 0.1 ** (t // step_size)",
    ),
    edit(
        "gamma subtracted",
        "gamma is taken off the rate at each fall",
        LR,
        "lr[t] = base_lr - gamma * (t // step_size)",
    ),
    edit("constant", "the rate never falls", LR, "lr[t] = base_lr"),
    edit(
        "base_lr changed in place",
        "the caller's base_lr falls with the schedule",
        LR,
        f"{LR}\n        base_lr[...] = lr[t] + 1",
    ),
    edit(
        "computed in float16",
        "rates are rounded to half precision",
        LR,
        f"{LR}\n        lr[t] = np.float16(lr[t])",
    ),
)

CORNERS: Corners = {
    **_schedules.CORNERS,
    "every step": lambda case: case.attributes["step_size"] == 1,
}

operator = Operator(
    name="step_lr",
    source="torch.optim.lr_scheduler.StepLR",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("lr",),
    regimes=REGIMES,
    laws=(
        PREFIX,
        SCALING,
        starts_at(lambda at, inputs: inputs["base_lr"]),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
