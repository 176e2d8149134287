"""exponential_lr: strategy, oracle, laws and mistakes."""

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
        "gamma": draw(domain.choice("gamma", (0.5, 0.9, 0.99, 1.0))),
    }


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    return scheduled("ExponentialLR", tensors, at, gamma=at["gamma"])


LR = "lr[t] = base_lr * gamma**t"

MISTAKES = (
    edit(
        "decayed from the start",
        "one fall is counted before the first step",
        LR,
        "lr[t] = base_lr * gamma ** (t + 1)",
    ),
    edit(
        "decayed one step late",
        "the first two steps have one rate",
        LR,
        "lr[t] = base_lr * gamma ** max(t - 1, 0)",
    ),
    edit(
        "decayed once",
        "the rate falls after the first step and never again",
        LR,
        "lr[t] = base_lr * gamma ** min(t, 1)",
    ),
    edit(
        "gamma not raised to a power",
        "the rate is multiplied by gamma times t",
        LR,
        "lr[t] = base_lr * (gamma * t if t else 1)",
    ),
    edit("gamma inverted", "the rate is divided by gamma", LR, "lr[t] = base_lr / gamma**t"),
    edit(
        "gamma taken off",
        "each fall takes the fraction gamma away",
        LR,
        "lr[t] = base_lr * (1 - gamma) ** t",
    ),
    edit(
        "gamma in the exponent",
        "the rate is base_lr exp(-gamma t)",
        LR,
        "lr[t] = base_lr * np.exp(-gamma * t)",
    ),
    edit(
        "gamma over time",
        "the rate is base_lr / (1 + gamma t)",
        LR,
        "lr[t] = base_lr / (1 + gamma * t)",
    ),
    edit(
        "gamma squared",
        "the factor of step t is gamma^t, and they are multiplied",
        LR,
        "lr[t] = base_lr * gamma ** (t * (t + 1) / 2)",
    ),
    edit(
        "gamma ignored",
        "the rate falls by a tenth whatever gamma says",
        LR,
        "lr[t] = base_lr * 0.9**t",
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
    "no decay": lambda case: case.attributes["gamma"] == 1,
}

operator = Operator(
    name="exponential_lr",
    source="torch.optim.lr_scheduler.ExponentialLR",
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
