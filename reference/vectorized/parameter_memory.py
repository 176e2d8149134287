"""The memory that the parameters of a model take: sizes and bytes as one product of vectors."""

from __future__ import annotations

import math
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
    rows = enumerate(check_tensors(tensors))
    kept = [t for place, t in rows if t[4] == place and (buffers or t[1] != "buffer")]
    sizes = np.array([math.prod(t[2]) for t in kept], np.int64)
    return np.asarray(sizes @ np.array([BYTES[t[3]] for t in kept], np.int64))
