"""The checked description of a model's tensors, shared by both paths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reference._arguments import integer
from reference._metric_arguments import one_of

KINDS = ("trainable", "frozen", "buffer")
BYTES = {"float32": 4, "float64": 8, "float16": 2, "int64": 8}

Tensor = tuple[str, str, tuple[int, ...], str, int]


def check_tensors(tensors: Any) -> tuple[Tensor, ...]:
    """The tensors (path, kind, shape, dtype, of). Raises ValueError or TypeError naming one."""
    if not isinstance(tensors, Sequence) or isinstance(tensors, str):
        raise TypeError(f"tensors must be a tuple of tensors, got {type(tensors).__name__}")
    paths: set[str] = set()
    for place, tensor in enumerate(tensors):
        if not isinstance(tensor, Sequence) or isinstance(tensor, str) or len(tensor) != 5:
            raise ValueError(f"tensors[{place}] must be (path, kind, shape, dtype, of): {tensor!r}")
        path, kind, shape, dtype, of = tensor
        if not isinstance(path, str) or path in paths:
            raise ValueError(f"tensors[{place}] must have a path of its own, got {path!r}")
        paths.add(path)
        one_of(f"the kind of {path}", kind, KINDS)
        one_of(f"the dtype of {path}", dtype, tuple(BYTES))
        for n in shape:
            integer(f"the shape of {path}", n, 0)
        if not 0 <= integer(f"the place of {path}", of, 0) <= place:
            raise ValueError(f"the place of {path} must be its own or an earlier one, got {of}")
    return tuple((p, k, tuple(s), d, int(of)) for p, k, s, d, of in tensors)
