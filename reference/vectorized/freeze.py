"""Layers frozen: one choice over all parameters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reference._freeze_arguments import check_freeze
from reference._tensors_arguments import Tensor


def freeze_forward(
    tensors: Sequence[Tensor],
    *,
    layers: Sequence[str] | None = None,
    frozen: bool = True,
    asked: bool = True,
) -> np.ndarray:
    """Which parameters are trained once layers are frozen: (P,) of bool, in the model's order.

    tensors (path, kind, shape, dtype, of), as in `count_parameters`; buffers are no parameters.
    The parameters of the layers, those that a name of theirs and a dot begin, are frozen, or
    trained again where `frozen` is False; a name may be that of a parameter, None is the whole
    model. All others stay what they are, and all do where it is not `asked` for:
    `model.get_submodule(layer).requires_grad_(not frozen)`. Raises TypeError and ValueError on bad
    arguments.
    """
    parameters = check_freeze(tensors, layers, frozen, asked)
    begins = tuple(f"{layer}." for layer in layers or ())
    named = [layers is None or f"{path}.".startswith(begins) for path, *_ in parameters]
    trained = [kind == "trainable" for _, kind, *_ in parameters]
    return np.where(np.array(named, bool) & asked, not frozen, np.array(trained, bool))
