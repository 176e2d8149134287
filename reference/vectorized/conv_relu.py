"""2-d convolution and relu.

The relu is taken where the convolution stands, so that no second map is written; what it keeps
for the gradient is a mask of one byte an element.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from reference.vectorized._relu import relu_in_place
from reference.vectorized.conv2d import conv2d_backward, conv2d_forward
from reference.vectorized.relu import relu_backward


def conv_relu_forward(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray | None = None,
    *,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> tuple[np.ndarray, tuple]:
    """`torch.relu` of `torch.nn.functional.conv2d`: the positive part of the convolution.

    x (N, C, H, W), w (F, C / groups, KH, KW), b (F,) or None; the output is (N, F, OH, OW), sized
    as that of `conv2d_forward`. stride, padding and dilation are an int or a pair, in elements;
    padding may be "valid" (none) or "same" (stride 1 only). Raises TypeError and ValueError on
    bad arguments. The cache holds x and w themselves.
    """
    out, conv_cache = conv2d_forward(
        x, w, b, stride=stride, padding=padding, dilation=dilation, groups=groups
    )
    relu_cache = relu_in_place(out)
    return out, (conv_cache, relu_cache)


def conv_relu_backward(
    dout: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Gradients (dx, dw, db) of `conv_relu_forward`, in the shapes of x, w and b (or None)."""
    conv_cache, relu_cache = cache
    dx, dw, db = conv2d_backward(relu_backward(dout, relu_cache), conv_cache)
    return dx, dw, db
