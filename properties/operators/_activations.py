"""What operators on arrays of any shape share: their shapes, corners and a workload."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from properties.domain import Domain
from properties.operator import Corners, Workload


def draw_shape(
    draw: DrawFn, domain: Domain, ndims: Sequence[int] = (1, 2, 3, 4, 0)
) -> tuple[int, ...]:
    """Any shape, an empty one too, with one of `ndims` as its number of dimensions."""
    ndim = draw(domain.choice("ndim", ndims))
    shape = [draw(domain.integer("size", 1, 4)) for _ in range(ndim)]
    if ndim > 2 and draw(domain.choice("empty", (False, False, False, True))):
        shape[draw(st.integers(0, ndim - 1))] = 0
    return tuple(shape)


SHAPES: Corners = {
    "no dimension": lambda case: case.attributes["shape"] == (),
    "four dimensions": lambda case: len(case.attributes["shape"]) == 4,
    "empty": lambda case: 0 in case.attributes["shape"],
    "large": lambda case: case.regime == "large",
}


def convnet(**attributes: Any) -> Workload:
    """The activations of a convnet on a batch of CIFAR-10."""
    shape = {"shape": (100, 32, 32, 32)}
    return Workload("activations of a convnet", {**shape, **attributes}, {"empty": False})
