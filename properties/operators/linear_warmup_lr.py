"""linear_warmup_lr: strategy, oracle, laws and mistakes."""

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
        "total_iters": draw(domain.choice("total_iters", (4, 10, 1, 50))),
        "start_factor": draw(domain.choice("start_factor", (0.25, 0.1, 1.0))),
        "end_factor": draw(domain.choice("end_factor", (1.0, 0.5))),
    }


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    return scheduled(
        "LinearLR",
        tensors,
        at,
        total_iters=at["total_iters"],
        start_factor=at["start_factor"],
        end_factor=at["end_factor"],
    )


LR = "lr[t] = base_lr * (start + (end - start) * min(t, total_iters) / total_iters)"

MISTAKES = (
    edit(
        "one step early",
        "the first rate has risen already",
        LR,
        "lr[t] = base_lr * (start + (end - start) * min(t + 1, total_iters) / total_iters)",
    ),
    edit(
        "one step short",
        "the end is reached after total_iters - 1 steps",
        LR,
        "last = max(total_iters - 1, 1)\n"
        "        lr[t] = base_lr * (start + (end - start) * min(t, last) / last)",
    ),
    edit(
        "rising for ever",
        "the factor rises beyond end_factor",
        LR,
        "lr[t] = base_lr * (start + (end - start) * t / total_iters)",
    ),
    edit(
        "start_factor ignored",
        "the rate rises from 0",
        LR,
        "lr[t] = base_lr * (end * min(t, total_iters) / total_iters)",
    ),
    edit(
        "end_factor ignored",
        "the rate rises to base_lr",
        LR,
        "lr[t] = base_lr * (start + (1 - start) * min(t, total_iters) / total_iters)",
    ),
    edit(
        "start_factor added",
        "the whole of end_factor is added to the first factor",
        LR,
        "lr[t] = base_lr * (start + end * min(t, total_iters) / total_iters)",
    ),
    edit(
        "start_factor as a bound",
        "the rate rises from 0 and is at least the first one",
        LR,
        "lr[t] = base_lr * max(start, end * min(t, total_iters) / total_iters)",
    ),
    edit(
        "factors exchanged",
        "the factor goes from end_factor to start_factor",
        LR,
        "lr[t] = base_lr * (end + (start - end) * min(t, total_iters) / total_iters)",
    ),
    edit(
        "factors as rates",
        "the factors are taken for rates themselves",
        LR,
        "lr[t] = base_lr * 0 + (start + (end - start) * min(t, total_iters) / total_iters)",
    ),
    edit(
        "rising in ratios",
        "the factor rises by equal ratios",
        LR,
        "lr[t] = base_lr * start * (end / start) ** (min(t, total_iters) / total_iters)",
    ),
    edit(
        "rising at the end",
        "the factor jumps after total_iters steps",
        LR,
        "lr[t] = base_lr * (end if t >= total_iters else start)",
    ),
    edit(
        "starting again",
        "the factor is start_factor again after total_iters steps",
        LR,
        "lr[t] = base_lr * (start + (end - start) * (t % total_iters) / total_iters)",
    ),
    edit("constant", "there is no warm-up", LR, "lr[t] = base_lr"),
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
    "still rising at the end": lambda case: case.attributes["n"] < case.attributes["total_iters"],
    "one step up": lambda case: case.attributes["total_iters"] == 1,
    "falling": lambda case: case.attributes["end_factor"] < case.attributes["start_factor"],
}

operator = Operator(
    name="linear_warmup_lr",
    source="torch.optim.lr_scheduler.LinearLR",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("lr",),
    regimes=REGIMES,
    laws=(
        PREFIX,
        SCALING,
        starts_at(lambda at, inputs: at["start_factor"] * inputs["base_lr"]),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
