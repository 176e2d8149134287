"""reduce_lr_on_plateau: strategy over wandering metrics, oracle, laws and mistakes."""

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

MODES, THRESHOLD_MODES = ("min", "max"), ("rel", "abs")
PATIENCES, COOLDOWNS = (1, 2, 0), (0, 2, 1)
OPTIONS = ("mode", "factor", "patience", "threshold", "threshold_mode", "cooldown", "min_lr", "eps")


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    """Many metrics and little patience, so that every case has rises, falls and waits."""
    return {
        "n": draw(domain.choice("n", (20, 40, 8, 40, 1, 0))),
        "mode": draw(domain.choice("mode", MODES)),
        "factor": draw(domain.choice("factor", (0.5, 0.1, 0.0))),
        "patience": draw(domain.choice("patience", PATIENCES)),
        "threshold": draw(domain.choice("threshold", (0.25, 0.5, 0.0))),
        "threshold_mode": draw(domain.choice("threshold_mode", THRESHOLD_MODES)),
        "cooldown": draw(domain.choice("cooldown", COOLDOWNS)),
        "min_lr": draw(domain.choice("min_lr", (0.0, 0.25, 4.0))),
        "eps": draw(domain.choice("eps", (1e-8, 0.25, 0.25))),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    """Metrics that wander towards the better, in quarters where they are whole numbers."""
    better = -1 if at["mode"] == "min" else 1
    steps = values.array("metrics", (at["n"],)) / 4 + better / 8
    start = 4 * values.positive("start", ())
    return {
        "base_lr": np.asarray(values.positive("base_lr", ())),
        "metrics": start + np.cumsum(steps),
    }


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch

    base_lr = tensors["base_lr"]
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=float(base_lr))
    options = {name: at[name] for name in OPTIONS}
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options)
    rates = []
    for metric in tensors["metrics"].tolist():
        schedule.step(metric)
        rates.append(optimizer.param_groups[0]["lr"])
    return {"lr": torch.tensor(rates, dtype=base_lr.dtype)}


def begun(run: Any, case: Case, inputs: Arrays) -> Pairs:
    fewer = case.attributes["n"] // 2
    first = {**inputs, "metrics": inputs["metrics"][:fewer]}
    yield "lr", run(first)["lr"], run(inputs)["lr"][:fewer]


def scaled(run: Any, case: Case, inputs: Arrays) -> Pairs:
    lowest = {name: 2 * case.attributes[name] for name in ("min_lr", "eps")}
    doubled = run({**inputs, "base_lr": 2 * inputs["base_lr"]}, **lowest)["lr"]
    yield "lr", doubled, 2 * run(inputs)["lr"]


def mirrored(run: Any, case: Case, inputs: Arrays) -> Pairs:
    other = "max" if case.attributes["mode"] == "min" else "min"
    turned = run({**inputs, "metrics": -inputs["metrics"]}, mode=other)["lr"]
    yield "lr", turned, run(inputs)["lr"]


def paused(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """A first rate above the lowest falls after 1 + patience metrics, and then with the pauses."""
    at = case.attributes
    still = {**inputs, "metrics": np.full(at["n"], inputs["metrics"][0])}
    lr = run(still, min_lr=0.0, eps=0.0, factor=0.5)["lr"]
    first, period = 1 + at["patience"], 1 + at["patience"] + at["cooldown"]
    t = np.arange(at["n"])
    falls = np.where(t < first, 0, (t - first) // period + 1)
    yield "lr", lr, np.asarray(inputs["base_lr"] * 0.5**falls, lr.dtype)


RELATIVE = "limit = best * (1 + sign * threshold) if relative else best + sign * threshold"
BETTER = "if sign * metric > sign * limit:"
RESET = "best, waited = metric, 0"
WAIT = "waited += 1"
COOLING = "cooling, waited = cooling - 1, 0"
PATIENT = "if waited > patience:"
LOWER = "lower = max(rate * factor, min_lr)"
FALL = "rate = lower if rate - lower > eps else rate"
FELL = "cooling, waited = cooldown, 0"
SIGN = 'sign, relative = -1 if mode == "min" else 1, threshold_mode == "rel"'

MISTAKES = (
    edit(
        "patience one too short", "the rate falls one metric early", PATIENT, f"{PATIENT[:-1]} - 1:"
    ),
    edit(
        "patience one too long", "the rate falls one metric late", PATIENT, f"{PATIENT[:-1]} + 1:"
    ),
    edit(
        "patience ignored",
        "the rate falls with every metric that is no better",
        PATIENT,
        "if waited:",
    ),
    edit(
        "count not reset by a better metric",
        "metrics that are no better add up over all epochs",
        RESET,
        "best = metric",
    ),
    edit(
        "count not reset by a fall",
        "after the first fall every further metric that is no better lowers the rate",
        FELL,
        "cooling = cooldown",
    ),
    edit(
        "best never updated",
        "every metric is compared with the first",
        RESET,
        "best, waited = metric if t == 0 else best, 0",
    ),
    edit(
        "against the metric before",
        "a metric is compared with the one before it, not with the best",
        WAIT,
        "waited, best = waited + 1, metric",
    ),
    edit(
        "best updated without the threshold",
        "a metric that is better by less than the threshold moves the best, and is waited for",
        WAIT,
        "waited, best = waited + 1, sign * max(sign * metric, sign * best)",
    ),
    edit("threshold ignored", "any metric that is better counts", RELATIVE, "limit = best"),
    edit(
        "threshold of the other sign",
        "a metric may be worse by the threshold",
        RELATIVE,
        RELATIVE.replace("sign *", "-sign *"),
    ),
    edit(
        "threshold always relative",
        "the threshold is a part of the best, where it should be an amount",
        RELATIVE,
        "limit = best * (1 + sign * threshold)",
    ),
    edit(
        "threshold always absolute",
        "the threshold is an amount, where it should be a part of the best",
        RELATIVE,
        "limit = best + sign * threshold",
    ),
    edit(
        "equal counts as better",
        "a metric that equals the limit is the best",
        BETTER,
        BETTER.replace(">", ">="),
    ),
    edit("cooldown ignored", "metrics are counted right after a fall", FELL, "waited = 0"),
    edit(
        "cooldown one too long",
        "one more metric than `cooldown` is not counted",
        FELL,
        "cooling, waited = cooldown + 1, 0",
    ),
    edit(
        "better metrics prolong the cooldown",
        "only metrics that are no better use the cooldown up",
        COOLING,
        "cooling, waited = cooling - (best != metric), 0",
    ),
    edit(
        "counting goes on in the cooldown",
        "the rate cannot fall in the cooldown, but the count grows",
        COOLING,
        "cooling -= 1",
        PATIENT,
        "if waited > patience and cooling == 0:",
    ),
    edit("min_lr ignored", "the rate falls without a bound", LOWER, "lower = rate * factor"),
    edit(
        "min_lr stops the fall",
        "a fall that would go below min_lr is left out, not cut short",
        LOWER,
        "lower = rate * factor if rate * factor >= min_lr else rate",
    ),
    edit("eps ignored", "small falls are made too", FALL, "rate = min(rate, lower)"),
    edit(
        "raised to min_lr",
        "a rate below min_lr goes up to it",
        FALL,
        "rate = lower if abs(rate - lower) > eps else rate",
    ),
    edit(
        "max treated as min",
        "small metrics are good in both modes",
        SIGN,
        SIGN.replace("else 1,", "else -1,"),
    ),
    edit(
        "min treated as max",
        "large metrics are good in both modes",
        SIGN,
        SIGN.replace("-1 if", "1 if"),
    ),
    edit(
        "factor taken off",
        "each fall takes the fraction factor away",
        LOWER,
        "lower = max(rate * (1 - factor), min_lr)",
    ),
    edit(
        "factor subtracted",
        "factor is taken off the rate at each fall",
        LOWER,
        "lower = max(rate - factor, min_lr)",
    ),
    edit(
        "factor of the first rate",
        "the rate falls once, to base_lr * factor",
        LOWER,
        "lower = max(float(base_lr) * factor, min_lr)",
    ),
    edit(
        "factor ignored",
        "the rate falls to a tenth whatever factor says",
        LOWER,
        "lower = max(rate * 0.1, min_lr)",
    ),
    edit("constant", "the rate never falls", FALL, "pass"),
    edit(
        "rate before the metric",
        "each rate is the one in force before its metric was told",
        BETTER,
        f"before = rate\n        {BETTER}",
        "lr[t] = rate",
        "lr[t] = before",
    ),
    edit(
        "metrics changed in place",
        "the caller's metrics are negated for mode max",
        SIGN,
        f"{SIGN}\n    metrics_given *= sign",
        "rate, metrics = check_metrics(base_lr, metrics)",
        "metrics_given = metrics\n    rate, metrics = check_metrics(base_lr, metrics)",
    ),
    edit(
        "computed in float16",
        "rates are rounded to half precision",
        "lr[t] = rate",
        "lr[t] = np.float16(rate)",
    ),
)

CORNERS: Corners = {
    "no metrics": lambda case: case.attributes["n"] == 0,
    "forty metrics": lambda case: case.attributes["n"] == 40,
    "a rate bound": lambda case: case.attributes["min_lr"] > 0,
    "no threshold": lambda case: case.attributes["threshold"] == 0,
    **each("mode", MODES),
    **each("threshold_mode", THRESHOLD_MODES),
    **each("patience", PATIENCES),
    **each("cooldown", COOLDOWNS),
}

operator = Operator(
    name="reduce_lr_on_plateau",
    source="torch.optim.lr_scheduler.ReduceLROnPlateau",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("lr",),
    regimes=REGIMES,
    laws=(
        Law("prefix", "fewer metrics have the same rates", begun),
        Law("scaling", "twice the first rate and its bounds give twice all rates", scaled),
        Law(
            "mirror",
            "large metrics are to mode max what small ones are to mode min",
            mirrored,
            applies=lambda case: case.attributes["threshold_mode"] == "abs",
        ),
        Law(
            "plateau",
            "on equal metrics the rate falls in equal periods",
            paused,
            applies=lambda case: case.attributes["n"] > 0,
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
