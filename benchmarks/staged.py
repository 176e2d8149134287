"""Batch norm backward in stages, as courses teach it first, against the vectorized path's formula.

Each stage of the forward pass (mean, centred, squared, variance, root, inverse, normalised, scaled)
keeps its result, and backward walks them in reverse: twice as many passes over memory, and a new
array for each. What new arrays cost depends on what a process has freed before: some 6 times in one
that is fresh, where each is new pages, 1.8 times in one that has freed larger arrays.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from benchmarks.problems import problem
from benchmarks.timing import interleaved
from properties.operator import find_operator
from reference.vectorized.batch_norm import batch_norm_backward, batch_norm_forward

WANTED = 2.5  # times faster


def staged(x: np.ndarray, gamma: np.ndarray, dout: np.ndarray, eps: float) -> Any:
    """A function of no arguments that gives (dx, dgamma, dbeta), from stages kept here."""
    n = len(x)
    centred = x - x.mean(axis=0)
    root = np.sqrt((centred**2).mean(axis=0) + eps)
    inverse = 1 / root
    normalised = centred * inverse

    def backward() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        dbeta = dout.sum(axis=0)
        dgamma = (dout * normalised).sum(axis=0)
        dnormalised = dout * gamma
        dinverse = (dnormalised * centred).sum(axis=0)
        dcentred = dnormalised * inverse
        droot = -dinverse / root**2
        dvar = 0.5 * droot / root
        dsquared = np.ones_like(x) * dvar / n
        dcentred += 2 * centred * dsquared
        dmean = -dcentred.sum(axis=0)
        return dcentred + np.ones_like(x) * dmean / n, dgamma, dbeta

    return backward


def compared(seconds: float) -> dict[str, Any]:
    """How many times faster the formula is, on the course's (100, 500). Raises ValueError."""
    operator = find_operator("batch_norm")
    given = problem(operator, operator.workloads[0])
    at, arrays = given.case.at(0), given.inputs
    x, gamma, dout = arrays["x"], arrays["gamma"], given.cotangents["out"]
    statistics = (arrays.get("running_mean"), arrays.get("running_var"))
    *_, cache = batch_norm_forward(
        x, gamma, arrays["beta"], *statistics, training=True, eps=at["eps"]
    )
    runs = {
        "staged": staged(x, gamma, dout, at["eps"]),
        "formula": lambda: batch_norm_backward(dout, cache),
    }
    for mine, theirs in zip(runs["staged"](), runs["formula"](), strict=True):
        if not np.allclose(mine, theirs, atol=1e-4):
            raise ValueError("batch norm's backward in stages differs from the formula")
    timings = interleaved(runs, seconds)
    return {
        "workload": given.workload.name,
        "faster": asdict(timings.ratio("staged", "formula")),
        "wanted": WANTED,
    }
