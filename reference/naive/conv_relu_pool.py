"""2-d convolution, relu and max pooling."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._conv_relu_pool_arguments import check_pool
from reference.naive.conv2d import conv2d_backward, conv2d_forward
from reference.naive.max_pool2d import max_pool2d_backward, max_pool2d_forward
from reference.naive.relu import relu_backward, relu_forward


def conv_relu_pool_forward(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray | None = None,
    *,
    stride: Any = 1,
    padding: Any = 0,
    pool_kernel_size: Any,
    pool_stride: Any = None,
) -> tuple[np.ndarray, tuple]:
    """`torch.nn.functional.max_pool2d` of relu of conv2d.

    x (N, C, H, W), w (F, C, KH, KW), b (F,) or None; the convolution is (N, F, OH, OW) with
    OH = floor((H + 2 padding - KH) / stride) + 1, the output (N, F, PH, PW) with
    PH = floor((OH - pool_kernel_size) / pool_stride) + 1. stride, padding, pool_kernel_size and
    pool_stride (None: the pooling's kernel) are an int or a pair, in elements. Raises TypeError
    and ValueError on bad arguments.
    """
    pool_kernel_size, pool_stride = check_pool(pool_kernel_size, pool_stride)
    pre, conv_cache = conv2d_forward(x, w, b, stride=stride, padding=padding)
    act, relu_cache = relu_forward(pre)
    out, pool_cache = max_pool2d_forward(act, pool_kernel_size, stride=pool_stride)
    return out, (conv_cache, relu_cache, pool_cache)


def conv_relu_pool_backward(
    dout: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Gradients (dx, dw, db) of `conv_relu_pool_forward`, in the shapes of x, w and b (or None)."""
    conv_cache, relu_cache, pool_cache = cache
    dact = max_pool2d_backward(dout, pool_cache)
    dpre = relu_backward(dact, relu_cache)
    dx, dw, db = conv2d_backward(dpre, conv_cache)
    return dx, dw, db
