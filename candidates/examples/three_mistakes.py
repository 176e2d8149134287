"""A homework with three classic mistakes, which pass the course's own fixed-shape checks.

All other functions are those of `right.py`. The mistakes: dx of a convolution without padding is
empty, max pooling forgets that windows overlap, and batch norm normalises by the batch in test
mode as well.
"""

import numpy as np
import right
from right import (  # noqa: F401
    affine_backward,
    affine_forward,
    batchnorm_backward,
    conv_forward_naive,
    max_pool_forward_naive,
    relu_backward,
    relu_forward,
    softmax_loss,
)


def conv_backward_naive(dout, cache):
    x, w, b, conv_param = cache
    pad = conv_param["pad"]
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    unpadded = {"stride": conv_param["stride"], "pad": 0}
    dpadded, dw, db = right.conv_backward_naive(dout, (padded, w, b, unpadded))
    return dpadded[:, :, pad:-pad, pad:-pad], dw, db


def max_pool_backward_naive(dout, cache):
    x, pool_param = cache
    height, width = pool_param["pool_height"], pool_param["pool_width"]
    stride = pool_param["stride"]
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dout.shape):
        window = x[n, c, i * stride : i * stride + height, j * stride : j * stride + width]
        row, column = np.unravel_index(window.argmax(), window.shape)
        dx[n, c, i * stride + row, j * stride + column] = dout[n, c, i, j]
    return dx


def batchnorm_forward(x, gamma, beta, bn_param):
    out, cache = right.batchnorm_forward(x, gamma, beta, bn_param)
    if bn_param["mode"] == "test":
        out, cache = right.batchnorm_forward(x, gamma, beta, {**bn_param, "mode": "train"})
    return out, cache
