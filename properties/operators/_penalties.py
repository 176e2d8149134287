"""What penalties on weights share: the shapes and strengths they are drawn from, and laws."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Case
from properties.domain import Domain
from properties.operator import Arrays, Corners, Law, Pairs

STRENGTHS = (0.5, 1.0, 2.0, 0.1, 1e-3, 0.0)

SHAPES: Corners = {
    "no dimension": lambda case: case.attributes["shape"] == (),
    "a filter bank": lambda case: len(case.attributes["shape"]) == 4,
    "empty": lambda case: 0 in case.attributes["shape"],
}


def draw_penalty(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    """The shape of the weights and the strength of the penalty."""
    ndim = draw(domain.choice("ndim", (2, 1, 4, 0)))
    shape = [draw(domain.integer("size", 1, 3)) for _ in range(ndim)]
    if ndim == 4 and draw(domain.boolean("empty")):
        shape[0] = 0
    return {"shape": tuple(shape), "strength": draw(domain.choice("strength", STRENGTHS))}


def homogeneous(degree: int) -> tuple[Law, Law]:
    """Laws of a penalty that grows with a power of its weights."""

    def grows(run: Any, case: Case, inputs: Arrays) -> Pairs:
        larger = run({"w": -3 * inputs["w"]})["loss"]
        yield "loss", larger, np.asarray(3**degree * run(inputs)["loss"])

    def points_outwards(run: Any, case: Case, inputs: Arrays) -> Pairs:
        along = run.gradients(inputs, {"loss": np.asarray(1.0)})["w"] * inputs["w"]
        yield "w times dw", np.asarray(along.sum()), np.asarray(degree * run(inputs)["loss"])

    return (
        Law("homogeneity", f"weights times -3 cost 3^{degree} times as much", grows),
        Law(
            "Euler",
            f"w times dw adds up to {degree} times the loss",
            points_outwards,
            needs_backward=True,
        ),
    )


def _linear_in_strength(run: Any, case: Case, inputs: Arrays) -> Pairs:
    loss = run(inputs)["loss"]
    more = run(inputs, strength=case.attributes["strength"] + 0.5)["loss"]
    yield "loss", np.asarray(more - loss), run(inputs, strength=0.5)["loss"]


LINEARITY = Law("strength", "strengths that add up cost as much as both", _linear_in_strength)
