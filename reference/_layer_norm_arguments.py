"""The checked arguments of layer normalisation, shared by both paths of layer_norm."""

from __future__ import annotations

from typing import Any

from reference._arguments import array, integer, same_dtype, shaped


def check_layer_norm(x: Any, gamma: Any, beta: Any, normalized_shape: Any) -> tuple[int, ...]:
    """The sizes of the last axes, normalised together. Raises naming the argument that is bad."""
    array("x", x)
    vectors = {"gamma": gamma, "beta": beta}
    shapes = [array(name, vector).shape for name, vector in vectors.items() if vector is not None]
    if normalized_shape is not None:
        shapes.insert(0, _sizes(normalized_shape))
    features: tuple[int, ...] = shapes[0] if shapes else x.shape[-1:]
    if not features or x.shape[-len(features) :] != features:
        raise ValueError(
            f"x must end in the axes to be normalised, at least one, of sizes {features}, "
            f"got {x.shape}"
        )
    for name, vector in vectors.items():
        if vector is not None:
            shaped(name, vector, features)
    same_dtype(x=x, **vectors)
    return features


def _sizes(value: Any) -> tuple[int, ...]:
    sizes = value if isinstance(value, (tuple, list)) else (value,)
    return tuple(integer("normalized_shape", size, 0) for size in sizes)
