"""cosine_annealing_lr: strategy, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis.strategies import DrawFn

from properties.case import Attributes
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Corners, Operator
from properties.operators import _schedules
from properties.operators._schedules import PREFIX, REGIMES, draw_n, inputs, scheduled, starts_at


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    return {
        "n": draw_n(draw, domain),
        "T_max": draw(domain.choice("T_max", (4, 10, 50, 1))),
        "eta_min": draw(domain.choice("eta_min", (0.25, 0.0, 0.01))),
    }


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    return scheduled("CosineAnnealingLR", tensors, at, T_max=at["T_max"], eta_min=at["eta_min"])


LR = "lr[t] = eta_min + (base_lr - eta_min) * (1 + math.cos(math.pi * t / T_max)) / 2"

MISTAKES = (
    edit(
        "eta_min ignored",
        "the rate falls to 0",
        LR,
        "lr[t] = base_lr * (1 + math.cos(math.pi * t / T_max)) / 2",
    ),
    edit(
        "eta_min added",
        "eta_min is added to a rate that falls from base_lr to 0",
        LR,
        "lr[t] = eta_min + base_lr * (1 + math.cos(math.pi * t / T_max)) / 2",
    ),
    edit(
        "eta_min as a bound",
        "the rate falls to 0 and is cut off at eta_min",
        LR,
        "lr[t] = max(eta_min, base_lr * (1 + math.cos(math.pi * t / T_max)) / 2)",
    ),
    edit(
        "half missing",
        "the wave is twice as high",
        LR,
        "lr[t] = eta_min + (base_lr - eta_min) * (1 + math.cos(math.pi * t / T_max))",
    ),
    edit(
        "one missing",
        "the cosine goes below zero",
        LR,
        "lr[t] = eta_min + (base_lr - eta_min) * math.cos(math.pi * t / T_max)",
    ),
    edit(
        "whole cosine",
        "the wave is back after T_max steps",
        LR,
        "lr[t] = eta_min + (base_lr - eta_min) * (1 + math.cos(2 * math.pi * t / T_max)) / 2",
    ),
    edit(
        "quarter of a cosine",
        "the rate falls along cos(pi t / 2 T_max)",
        LR,
        "lr[t] = eta_min + (base_lr - eta_min) * abs(math.cos(math.pi * t / T_max / 2))",
    ),
    edit(
        "sine instead of cosine",
        "the wave starts in the middle",
        LR,
        "lr[t] = eta_min + (base_lr - eta_min) * (1 + math.sin(math.pi * t / T_max)) / 2",
    ),
    edit(
        "one step early",
        "the wave is that of t + 1",
        LR,
        "lr[t] = eta_min + (base_lr - eta_min) * (1 + math.cos(math.pi * (t + 1) / T_max)) / 2",
    ),
    edit(
        "T_max one step short",
        "the lowest rate comes after T_max - 1 steps",
        LR,
        LR.replace("/ T_max", "/ max(T_max - 1, 1)"),
    ),
    edit(
        "held at the lowest",
        "the rate stays at eta_min after T_max steps",
        LR,
        LR.replace("* t /", "* min(t, T_max) /"),
    ),
    edit(
        "restarted",
        "the rate is base_lr again after T_max steps (warm restarts)",
        LR,
        "lr[t] = eta_min + (base_lr - eta_min) * (1 + math.cos(math.pi * (t % T_max) / T_max)) / 2",
    ),
    edit(
        "upside down",
        "the rate rises from eta_min to base_lr",
        LR,
        "lr[t] = eta_min + (base_lr - eta_min) * (1 - math.cos(math.pi * t / T_max)) / 2",
    ),
    edit(
        "straight line",
        "the rate falls in equal steps",
        LR,
        "lr[t] = eta_min + (base_lr - eta_min) * abs(1 - t % (2 * T_max) / T_max)",
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
    "beyond T_max": lambda case: case.attributes["n"] > case.attributes["T_max"],
    "T_max 1": lambda case: case.attributes["T_max"] == 1,
}

operator = Operator(
    name="cosine_annealing_lr",
    source="torch.optim.lr_scheduler.CosineAnnealingLR",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("lr",),
    regimes=REGIMES,
    laws=(
        PREFIX,
        starts_at(lambda at, inputs: inputs["base_lr"]),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
