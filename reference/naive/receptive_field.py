"""Receptive field of a stack of layers, by the set of positions that one output depends on."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._receptive_field_arguments import check_receptive_field


def receptive_field_forward(kernel_sizes: Any, strides: Any, dilations: Any) -> np.ndarray:
    """Height and width of the region of the input that one output sees, as int64 (2,).

    The layers are `torch.nn.functional.conv2d` or poolings, the first one first: kernel_sizes,
    strides and dilations are tuples of as many ints or pairs (for H, for W). Holes that dilation
    or strides leave belong to the region. Raises TypeError and ValueError on bad arguments.
    """
    layers = check_receptive_field(kernel_sizes, strides, dilations)
    out = np.zeros(2, np.int64)
    for axis in (0, 1):
        positions = {0}
        for kernel, stride, dilation in reversed(layers):
            k, s, d = kernel[axis], stride[axis], dilation[axis]
            positions = {p * s + t * d for p in positions for t in range(k)}
        out[axis] = max(positions) - min(positions) + 1
    return out
