"""What clip_grad_norm and clip_grad_value share: three gradients, torch's call, laws, corners."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.operator import Arrays, Corners, Law, Pairs
from properties.values import Values

NAMES = ("g1", "g2", "g3")


def draw_shapes(draw: DrawFn, domain: Domain) -> dict[str, tuple[int, ...]]:
    """A shape for each gradient, of no dimension too."""
    shapes = {}
    for name in NAMES:
        ndim = draw(domain.choice("ndim", (1, 2, 3, 4, 0)))
        shapes[f"{name}_shape"] = tuple(draw(domain.integer("size", 1, 3)) for _ in range(ndim))
    return shapes


def inputs(at: Attributes, values: Values) -> Arrays:
    return {name: values.array(name, at[f"{name}_shape"]) for name in NAMES}


def clipped(tensors: Mapping[str, Any], clip: Callable[[list[Any]], Any]) -> tuple[dict, Any]:
    """The gradients after torch's call on parameters that have them, and what it returned."""
    parameters = []
    for name in NAMES:
        parameters.append(tensors[name].clone().requires_grad_())
        parameters[-1].grad = tensors[name].clone()
    returned = clip(parameters)
    return {n: p.grad for n, p in zip(NAMES, parameters, strict=True)}, returned


def odd(run: Any, case: Case, inputs: Arrays) -> Pairs:
    negative, outputs = run({name: -g for name, g in inputs.items()}), run(inputs)
    for name, got in negative.items():
        yield name, got, -outputs[name] if name in NAMES else outputs[name]


def turned(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """The gradients of two parameters exchanged."""
    outputs = run(inputs)
    exchanged = run({"g1": inputs["g3"], "g2": inputs["g2"], "g3": inputs["g1"]})
    renamed = {"g1": "g3", "g3": "g1"}
    for name, got in exchanged.items():
        yield name, got, outputs[renamed.get(name, name)]


LAWS = (
    Law("symmetry", "gradients of the other sign are clipped alike", odd),
    Law("order", "parameters in another order are clipped alike", turned),
)

CORNERS: Corners = {
    "no dimension": lambda case: () in (case.attributes[f"{name}_shape"] for name in NAMES),
    "gradients of one shape": lambda case: (
        len({case.attributes[f"{name}_shape"] for name in NAMES}) == 1
    ),
    "sparse": lambda case: case.regime == "sparse",
    "large": lambda case: case.regime == "large",
}
