"""The checked arguments of gradient_norms, shared by both paths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from reference._arguments import boolean
from reference._clip_arguments import check_gradients
from reference._metric_arguments import one_of

STATISTICS = ("mean", "max", "norm", "total")
LAYERS = ("first.weight", "first.bias", "last.weight")


def check_gradient_norms(
    gradients: Sequence[Any], names: Any, statistic: Any, biases: Any
) -> list[np.ndarray]:
    """The gradients that count, in order. Raises TypeError or ValueError naming the bad argument.

    Those that are None do not, nor without `biases` those whose last name is bias.
    """
    there = {f"g{n}": g for n, g in enumerate(gradients, 1) if g is not None}
    if not there:
        raise ValueError("g1, g2 or g3 must be a gradient, got None for each")
    check_gradients(**there)
    for name, g in there.items():
        if not g.size:
            raise ValueError(f"{name} must hold at least one number, got shape {g.shape}")
    if not isinstance(names, Sequence) or len(names) != 3 or len(set(names)) != 3:
        raise ValueError(f"names must be three names, got {names!r}")
    one_of("statistic", statistic, STATISTICS)
    boolean("biases", biases)
    return [
        g
        for name, g in zip(names, gradients, strict=True)
        if g is not None and (biases or name.rpartition(".")[2] != "bias")
    ]
