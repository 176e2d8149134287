"""Layers that a course composes of a file's own: `affine_relu_forward`, `Conv_BatchNorm_ReLU`.

Where a case brings right layers with it, they stand in for the file's own, to find out which of
these is to blame.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from candidates.conventions._objects import exchanged_in, right_layers
from candidates.spelling import Signature
from properties.host import Functions

Adapter = Callable[[Any, Any, Signature], Functions]


def composed(adapter: Adapter) -> Adapter:
    """The adapter of a layer that calls others of its file by their names."""

    def of_others(forward: Any, backward: Any, signature: Signature) -> Functions:
        return _Composed(adapter(forward, backward, signature), (forward, backward))

    of_others.__doc__ = inspect.getdoc(adapter)
    return of_others


class _Composed:
    def __init__(self, layer: Functions, functions: tuple[Any, ...]) -> None:
        self._layer = layer
        written = [inspect.unwrap(f) for f in functions if f is not None]
        self._spaces = [f.__globals__ for f in written if inspect.isfunction(f)]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._layer, name)

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        right = right_layers(at)
        with exchanged_in(self._spaces, right):
            outputs, cache = self._layer.forward(at, inputs)
        return outputs, (right, cache)

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        right, cache = cache
        with exchanged_in(self._spaces, right):
            return self._layer.backward(cotangents, cache)
