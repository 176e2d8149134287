"""cyclic_lr: strategy, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Operator
from properties.operators import _schedules
from properties.operators._schedules import PREFIX, REGIMES, SCALING, draw_n, scheduled, starts_at
from properties.values import Values


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    return {
        "n": draw_n(draw, domain),
        "step_size_up": draw(domain.choice("step_size_up", (3, 1, 5, 20))),
        "step_size_down": draw(domain.choice("step_size_down", (None, 2, 4))),
        "mode": draw(domain.choice("mode", ("triangular", "triangular2", "exp_range"))),
        "gamma": draw(domain.choice("gamma", (0.5, 0.9, 1.0))),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    base_lr = np.asarray(values.positive("base_lr", ()))
    return {"base_lr": base_lr, "max_lr": np.asarray(base_lr + values.positive("max_lr", ()))}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    return scheduled(
        "CyclicLR",
        tensors,
        at,
        **{name: at[name] for name in ("step_size_up", "step_size_down", "mode", "gamma")},
        base_lr=float(tensors["base_lr"]),
        max_lr=float(tensors["max_lr"]),
        cycle_momentum=False,
    )


CYCLE = "cycle, position = divmod(t, up + down)"
HEIGHT = "height = position / up if position <= up else (up + down - position) / down"
HALVED = "height = height / 2**cycle"
SHRUNK = "height = height * gamma**t"
LR = "lr[t] = base_lr + (max_lr - base_lr) * height"

MISTAKES = (
    edit(
        "sawtooth",
        "the rate jumps back to base_lr at its highest",
        HEIGHT,
        "height = position / (up + down)",
    ),
    edit(
        "held at the highest",
        "the rate stays at max_lr after it has risen",
        HEIGHT,
        "height = min(position / up, 1.0)",
    ),
    edit(
        "upside down",
        "the rate starts at max_lr",
        HEIGHT,
        "height = 1 - (position / up if position <= up else (up + down - position) / down)",
    ),
    edit(
        "quadratic",
        "the rate rises with the square of the step",
        HEIGHT,
        "height = (position / up if position <= up else (up + down - position) / down) ** 2",
    ),
    edit(
        "step_size_down ignored",
        "the way down is as long as the way up",
        CYCLE,
        "down = up\n        cycle, position = divmod(t, up + down)",
    ),
    edit(
        "one cycle only",
        "the rate stays at base_lr after the first cycle",
        CYCLE,
        "cycle, position = divmod(min(t, up + down), up + down)",
    ),
    edit(
        "one step early",
        "the rate has risen already at the first step",
        CYCLE,
        "cycle, position = divmod(t + 1, up + down)",
    ),
    edit(
        "cycle of step_size_up steps",
        "a cycle ends where the rate is highest",
        CYCLE,
        "cycle, position = divmod(t, up)",
    ),
    edit("height not halved", "every cycle is as high as the first", HALVED, "pass"),
    edit(
        "height halved from the start",
        "the first cycle is half as high already",
        HALVED,
        "height = height / 2 ** (cycle + 1)",
    ),
    edit(
        "height divided by the cycle",
        "the cycles have the heights 1, 1/2, 1/3",
        HALVED,
        "height = height / (cycle + 1)",
    ),
    edit(
        "height halved at every step",
        "the height halves with t, not with the cycle",
        HALVED,
        "height = height / 2**t",
    ),
    edit("gamma ignored", "the height does not shrink", SHRUNK, "pass"),
    edit(
        "gamma of the cycle",
        "the height shrinks once a cycle",
        SHRUNK,
        "height = height * gamma**cycle",
    ),
    edit(
        "gamma not raised to a power",
        "the height is multiplied by gamma once",
        SHRUNK,
        "height = height * gamma",
    ),
    edit(
        "max_lr added",
        "the rate rises to base_lr + max_lr",
        LR,
        "lr[t] = base_lr + max_lr * height",
    ),
    edit("base_lr ignored", "the rate rises from 0", LR, "lr[t] = max_lr * height"),
    edit(
        "rates exchanged",
        "the rate falls from max_lr to base_lr first",
        LR,
        "lr[t] = max_lr + (base_lr - max_lr) * height",
    ),
    edit(
        "rates raised in ratios",
        "the rate rises by equal ratios",
        LR,
        "lr[t] = base_lr * (max_lr / base_lr) ** height",
    ),
    edit("constant", "the rate never moves", LR, "lr[t] = base_lr"),
    edit(
        "base_lr changed in place",
        "the caller's base_lr moves with the schedule",
        LR,
        "lr[t] = base_lr + (max_lr - base_lr) * height\n        base_lr[...] = lr[t]",
    ),
    edit(
        "computed in float16",
        "rates are rounded to half precision",
        LR,
        "lr[t] = np.float16(base_lr + (max_lr - base_lr) * height)",
    ),
)

CORNERS: Corners = {
    **_schedules.CORNERS,
    "one way only": lambda case: case.attributes["n"] <= case.attributes["step_size_up"],
    "up and down differ": lambda case: case.attributes["step_size_down"] is not None,
    "halved": lambda case: case.attributes["mode"] == "triangular2",
    "shrinking": lambda case: case.attributes["mode"] == "exp_range",
}

operator = Operator(
    name="cyclic_lr",
    source="torch.optim.lr_scheduler.CyclicLR",
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
