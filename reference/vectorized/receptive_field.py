"""Receptive field of a stack of layers.

Neighbouring outputs of a layer stand as far apart in the input as the strides before it multiply
to; each layer widens the field by its extent less one, times that distance.
"""

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
    k, s, d = np.array(layers, np.int64).reshape(len(layers), 3, 2).swapaxes(0, 1)
    apart = np.cumprod(s, axis=0) // s
    return 1 + (d * (k - 1) * apart).sum(axis=0)
