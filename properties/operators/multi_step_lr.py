"""multi_step_lr: strategy, oracle, laws and mistakes."""

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
        "milestones": draw(domain.choice("milestones", ((2, 5), (1,), (3, 3, 4), (4, 8, 20), ()))),
        "gamma": draw(domain.choice("gamma", (0.5, 0.1, 0.9))),
    }


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    return scheduled("MultiStepLR", tensors, at, milestones=at["milestones"], gamma=at["gamma"])


LR = "lr[t] = base_lr * gamma ** sum(step <= t for step in steps)"

MISTAKES = (
    edit(
        "decayed one step late",
        "the rate falls after its milestone, not at it",
        LR,
        "lr[t] = base_lr * gamma ** sum(step < t for step in steps)",
    ),
    edit(
        "decayed one step early",
        "the rate falls the step before its milestone",
        LR,
        "lr[t] = base_lr * gamma ** sum(step <= t + 1 for step in steps)",
    ),
    edit(
        "decayed once",
        "only the first milestone counts",
        LR,
        "lr[t] = base_lr * gamma ** any(step <= t for step in steps)",
    ),
    edit(
        "decayed at milestones only",
        "the rate is the first one again after a milestone",
        LR,
        "lr[t] = base_lr * gamma ** sum(step == t for step in steps)",
    ),
    edit(
        "milestones counted once",
        "a milestone that stands there twice counts once",
        LR,
        "lr[t] = base_lr * gamma ** sum(step <= t for step in set(steps))",
    ),
    edit(
        "milestones added up",
        "milestones are taken for the lengths of intervals",
        LR,
        "lr[t] = base_lr * gamma ** sum(int(step) <= t for step in np.cumsum(steps))",
    ),
    edit(
        "last milestone ignored",
        "the rate does not fall at the last milestone",
        LR,
        "lr[t] = base_lr * gamma ** sum(step <= t for step in steps[:-1])",
    ),
    edit(
        "gamma not raised to a power",
        "the rate is multiplied by gamma times the number of falls",
        LR,
        "falls = sum(step <= t for step in steps)\n"
        "        lr[t] = base_lr * (gamma * falls if falls else 1)",
    ),
    edit(
        "gamma inverted",
        "the rate is divided by gamma",
        LR,
        "lr[t] = base_lr / gamma ** sum(step <= t for step in steps)",
    ),
    edit(
        "gamma taken off",
        "each fall takes the fraction gamma away",
        LR,
        "lr[t] = base_lr * (1 - gamma) ** sum(step <= t for step in steps)",
    ),
    edit(
        "gamma ignored",
        "the rate falls to a tenth whatever gamma says",
        LR,
        "lr[t] = base_lr * 0.1 ** sum(step <= t for step in steps)",
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
    "no milestone": lambda case: case.attributes["milestones"] == (),
    "a milestone twice": lambda case: case.attributes["milestones"] == (3, 3, 4),
}

operator = Operator(
    name="multi_step_lr",
    source="torch.optim.lr_scheduler.MultiStepLR",
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
