"""The number of parameters of a model, one number at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reference._tensors_arguments import Tensor, check_tensors


def count_parameters_forward(tensors: Sequence[Tensor], *, trainable: bool = False) -> np.ndarray:
    """How many numbers the parameters of a model are: `sum(p.numel() for p in model.parameters())`.

    tensors (path, kind, shape, dtype, of), one for each name: kind is "trainable", "frozen"
    (`requires_grad` is False) or "buffer", which is no parameter; `of` is the place of the tensor
    in the tuple, or that of an earlier one where it is the same object under another name, which
    counts once. With `trainable` frozen ones do not count. Returns a 0-d int64 array. Raises
    TypeError and ValueError on bad arguments.
    """
    count = 0
    for place, (_, kind, shape, _, of) in enumerate(check_tensors(tensors)):
        if of != place:
            continue
        if kind == "buffer" or (trainable and kind == "frozen"):
            continue
        size = 1
        for n in shape:
            size *= n
        count += size
    return np.asarray(count)
