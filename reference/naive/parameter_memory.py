"""The memory that the parameters of a model take, one tensor at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reference._tensors_arguments import BYTES, Tensor, check_tensors


def parameter_memory_forward(tensors: Sequence[Tensor], *, buffers: bool = False) -> np.ndarray:
    """How many bytes the parameters of a model take: `p.numel() * p.element_size()`, added up.

    tensors (path, kind, shape, dtype, of), one for each name: kind is "trainable", "frozen" or
    "buffer", dtype float32, float64, float16 or int64; `of` is the place of the tensor in the
    tuple, or that of an earlier one where it is the same object under another name, which counts
    once. With `buffers` these count as well. Returns a 0-d int64 array. Raises TypeError and
    ValueError on bad arguments.
    """
    total = 0
    for place, (_, kind, shape, dtype, of) in enumerate(check_tensors(tensors)):
        if of != place:
            continue
        if kind == "buffer" and not buffers:
            continue
        size = 1
        for n in shape:
            size *= n
        total += size * BYTES[dtype]
    return np.asarray(total)
