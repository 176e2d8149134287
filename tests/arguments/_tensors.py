"""Bad descriptions of a model's tensors."""

from __future__ import annotations

from typing import Any

ROW = ("w", "trainable", (2, 3), "float32", 0)


def row(place: int, value: Any) -> tuple[Any, ...]:
    return (*ROW[:place], value, *ROW[place + 1 :])


BAD = [
    (("w",), {}, TypeError, "tensors must be a tuple of tensors, got str"),
    (({"w": (2, 3)},), {}, TypeError, "tensors must be a tuple of tensors, got dict"),
    (((ROW[:4],),), {}, ValueError, r"tensors\[0\] must be \(path, kind, shape, dtype, of\)"),
    (((ROW, ROW),), {}, ValueError, r"tensors\[1\] must have a path of its own, got 'w'"),
    (((row(1, "weight"),),), {}, ValueError, "the kind of w must be one of .* got 'weight'"),
    (((row(2, (2, -1)),),), {}, ValueError, "the shape of w must be at least 0, got -1"),
    (((row(2, (2.0,)),),), {}, TypeError, "the shape of w must be an int, got 2.0"),
    (((row(3, "int8"),),), {}, ValueError, "the dtype of w must be one of .* got 'int8'"),
    (((row(4, 1),),), {}, ValueError, "the place of w must be its own or an earlier one, got 1"),
]
