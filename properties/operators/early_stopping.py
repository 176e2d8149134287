"""early_stopping: strategy over wandering metrics, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs
from properties.operators._corners import each
from properties.operators._schedules import REGIMES
from properties.values import Values

MODES, TIES, PATIENCES, DELTAS = ("min", "max"), ("first", "last"), (2, 3, 1), (0.0, 0.25, 0.5)
HAIR = 1e-9  # what makes the later of two equal metrics the better one


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    return {
        "n": draw(domain.choice("n", (12, 24, 6, 1, 0))),
        "mode": draw(domain.choice("mode", MODES)),
        "patience": draw(domain.choice("patience", PATIENCES)),
        "min_delta": draw(domain.choice("min_delta", DELTAS)),
        "ties": draw(domain.choice("ties", TIES)),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    """Metrics that wander towards the better, in quarters where they are whole numbers."""
    better = -1 if at["mode"] == "min" else 1
    steps = np.clip(values.array("metrics", (at["n"],)), -2, 2) / 4 + better / 4
    return {"metrics": 4 * values.positive("start", ()) + np.cumsum(steps)}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    """A plateau of which the first fall is the stop; equal gains are made unequal by a hair."""
    import torch

    metrics = tensors["metrics"]
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer,
        at["mode"],
        factor=0.0,
        patience=at["patience"] - 1,
        threshold=at["min_delta"] + (-HAIR if at["ties"] == "last" else HAIR),
        threshold_mode="abs",
    )
    stopped: list[bool] = []
    best: list[float] = []
    for metric in metrics.tolist():
        if not any(stopped):
            schedule.step(metric)
        stopped.append(optimizer.param_groups[0]["lr"] == 0)
        best.append(schedule.best)
    return {
        "stopped": torch.tensor(stopped, dtype=torch.int64),
        "best": torch.tensor(best, dtype=metrics.dtype),
    }


def begun(run: Any, case: Case, inputs: Arrays) -> Pairs:
    fewer, whole = case.attributes["n"] // 2, run(inputs)
    for name, first in run({"metrics": inputs["metrics"][:fewer]}).items():
        yield name, first, whole[name][:fewer]


def mirrored(run: Any, case: Case, inputs: Arrays) -> Pairs:
    other = "max" if case.attributes["mode"] == "min" else "min"
    outputs = run(inputs)
    for name, turned in run({"metrics": -inputs["metrics"]}, mode=other).items():
        yield name, turned, outputs[name] if name == "stopped" else -outputs[name]


def waited(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Of equal metrics the first is the best and the others are waited through, or each is."""
    at = case.attributes
    still = {"metrics": np.full(at["n"], 1.5)}
    endless = at["ties"] == "last" and at["min_delta"] == 0
    stopped = (np.arange(at["n"]) >= at["patience"]) & (not endless)
    yield "stopped", run(still)["stopped"], stopped.astype(np.int64)


SIGN = 'sign = -1 if mode == "min" else 1'
GAIN = "gain = np.inf if top is None else sign * (metric - top)"
GOES_ON = "if waited < patience:"
BETTER = 'if gain > min_delta or (gain == min_delta and ties == "last"):'
RESET = "top, waited = metric, 0"
WAIT = "waited += 1"
STOPPED = "stopped[t] = waited >= patience"

MISTAKES = (
    edit(
        "patience one too long",
        "training stops one epoch late",
        STOPPED,
        "stopped[t] = waited > patience",
        GOES_ON,
        "if waited <= patience:",
    ),
    edit(
        "patience one too short",
        "training stops one epoch early",
        STOPPED,
        "stopped[t] = waited >= max(patience - 1, 1)",
        GOES_ON,
        "if waited < max(patience - 1, 1):",
    ),
    edit(
        "patience ignored",
        "training stops at the first metric that is no better",
        STOPPED,
        "stopped[t] = waited > 0",
        GOES_ON,
        "if waited == 0:",
    ),
    edit(
        "count not reset by a better metric",
        "metrics that are no better add up over all epochs",
        RESET,
        "top = metric",
    ),
    edit(
        "best never updated",
        "every metric is compared with the first",
        RESET,
        "top, waited = metric if top is None else top, 0",
    ),
    edit(
        "against the metric before",
        "a metric is compared with the one before it, not with the best",
        WAIT,
        "waited, top = waited + 1, metric",
    ),
    edit(
        "best updated without min_delta",
        "small gains move the best, so that slow progress is waited for in vain",
        WAIT,
        "waited, top = waited + 1, metric if gain > 0 else top",
    ),
    edit(
        "small gains reset the count",
        "a metric that is better by less than min_delta is no reason to wait on",
        WAIT,
        "waited = 0 if gain > 0 else waited + 1",
    ),
    edit("min_delta ignored", "any gain counts", BETTER, BETTER.replace("min_delta", "0")),
    edit(
        "min_delta of the other sign",
        "a metric that is worse by less than min_delta is the best",
        BETTER,
        BETTER.replace("min_delta", "-min_delta"),
    ),
    edit(
        "min_delta as a part of the best",
        "the gain is compared with min_delta times the best",
        GAIN,
        f"{GAIN} / abs(top or 1)",
    ),
    edit(
        "equal counts as better",
        "a gain of min_delta is enough, where more is asked for",
        BETTER,
        "if gain >= min_delta:",
    ),
    edit(
        "equal does not count as better",
        "more than min_delta is asked for, where as much is enough",
        BETTER,
        "if gain > min_delta:",
    ),
    edit("max treated as min", "small metrics are good in both modes", SIGN, "sign = -1"),
    edit("min treated as max", "large metrics are good in both modes", SIGN, "sign = 1"),
    edit(
        "started from zero",
        "the best is 0 before the first metric",
        GAIN,
        "top = 0 * metric if top is None else top\n        gain = sign * (metric - top)",
    ),
    edit(
        "never stops", "the patience is not looked at", STOPPED, "stopped[t] = 0", GOES_ON, "if 1:"
    ),
    edit(
        "goes on after the stop",
        "the best moves although the training has stopped",
        GOES_ON,
        "if True:",
        STOPPED,
        "stopped[t] = waited >= patience or (t > 0 and stopped[t - 1])",
    ),
    edit(
        "last metric called the best",
        "what is given back is the metric of the epoch, not the best so far",
        "best[t] = top",
        "best[t] = metric",
    ),
    edit(
        "metrics changed in place",
        "the caller's metrics are overwritten by the best",
        "best[t] = top",
        "best[t] = metrics[t] = top",
    ),
)

CORNERS: Corners = {
    "no metrics": lambda case: case.attributes["n"] == 0,
    "fewer metrics than patience": lambda case: (
        0 < case.attributes["n"] <= case.attributes["patience"]
    ),
    **each("mode", MODES),
    **each("ties", TIES),
    **each("patience", PATIENCES),
    **each("min_delta", DELTAS),
}

operator = Operator(
    name="early_stopping",
    source="torch.optim.lr_scheduler.ReduceLROnPlateau",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("stopped", "best"),
    regimes=REGIMES,
    laws=(
        Law("prefix", "what comes later changes nothing of what was told before", begun),
        Law("mirror", "large metrics are to mode max what small ones are to mode min", mirrored),
        Law("waiting", "equal metrics are waited through, or good each", waited),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
