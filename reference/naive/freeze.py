"""Layers frozen, one parameter at a time."""

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
    trained = []
    for path, kind, *_ in check_freeze(tensors, layers, frozen, asked):
        named = layers is None
        for layer in layers or ():
            if path == layer or path.startswith(layer + "."):
                named = True
        if named and asked:
            trained.append(not frozen)
        else:
            trained.append(kind == "trainable")
    return np.array(trained, bool)
