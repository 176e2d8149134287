"""The checked stack of layers of a receptive field, shared by both paths."""

from __future__ import annotations

from typing import Any, NamedTuple

from reference._arguments import Pair, pair


class WindowLayer(NamedTuple):
    """Per-axis (H, W) settings of a convolution or pooling."""

    kernel: Pair
    stride: Pair
    dilation: Pair


def check_receptive_field(kernel_sizes: Any, strides: Any, dilations: Any) -> list[WindowLayer]:
    """The layers, first one first. Raises TypeError or ValueError naming the bad argument."""
    kernels = _pairs("kernel_sizes", kernel_sizes)
    steps, dilations = _pairs("strides", strides), _pairs("dilations", dilations)
    for name, pairs in (("strides", steps), ("dilations", dilations)):
        if len(pairs) != len(kernels):
            raise ValueError(
                f"{name} must have one entry for each of the {len(kernels)} kernel_sizes, "
                f"got {len(pairs)}"
            )
    return [WindowLayer(*layer) for layer in zip(kernels, steps, dilations, strict=True)]


def _pairs(name: str, values: Any) -> list[Pair]:
    if not isinstance(values, (tuple, list)):
        raise TypeError(f"{name} must be a tuple or list with one entry a layer, got {values!r}")
    return [pair(f"{name}[{i}]", value, 1) for i, value in enumerate(values)]
