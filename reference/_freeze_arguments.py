"""The checked arguments of freeze, shared by both paths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reference._arguments import boolean
from reference._tensors_arguments import Tensor, check_tensors


def check_freeze(tensors: Any, layers: Any, frozen: Any, asked: Any) -> tuple[Tensor, ...]:
    """The tensors that are parameters. Raises TypeError or ValueError naming the bad argument."""
    parameters = tuple(t for t in check_tensors(tensors) if t[1] != "buffer")
    boolean("frozen", frozen)
    boolean("asked", asked)
    if layers is None:
        return parameters
    if not isinstance(layers, Sequence) or isinstance(layers, str):
        raise TypeError(f"layers must be a tuple of names or None, got {layers!r}")
    for layer in layers:
        if not any(f"{path}.".startswith(f"{layer}.") for path, *_ in tensors):
            raise ValueError(f"layers must be layers of the model, got {layer!r}")
    return parameters
