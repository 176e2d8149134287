"""2-d convolution, batch normalisation and relu."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference.naive.batch_norm import batch_norm_backward, batch_norm_forward
from reference.naive.conv2d import conv2d_backward, conv2d_forward
from reference.naive.relu import relu_backward, relu_forward


def conv_bn_relu_forward(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray | None,
    gamma: np.ndarray | None,
    beta: np.ndarray | None,
    running_mean: np.ndarray | None,
    running_var: np.ndarray | None,
    *,
    stride: Any = 1,
    padding: Any = 0,
    training: bool,
    momentum: float = 0.1,
    eps: float = 1e-5,
    running_var_update: str = "unbiased",
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None, tuple]:
    """`torch.relu` of `torch.nn.functional.batch_norm` of `torch.nn.functional.conv2d`.

    x (N, C, H, W), w (F, C, KH, KW); b, gamma, beta, running_mean and running_var (F,) or None;
    the output is (N, F, OH, OW), sized as that of `conv2d_forward`. Returns (out, running_mean,
    running_var, cache), the running statistics as new arrays (or None). stride and padding are
    those of `conv2d_forward`; training, momentum, eps and running_var_update those of
    `batch_norm_forward`. Raises TypeError and ValueError on bad arguments.
    """
    pre, conv_cache = conv2d_forward(x, w, b, stride=stride, padding=padding)
    norm, running_mean, running_var, norm_cache = batch_norm_forward(
        pre,
        gamma,
        beta,
        running_mean,
        running_var,
        training=training,
        momentum=momentum,
        eps=eps,
        running_var_update=running_var_update,
    )
    out, relu_cache = relu_forward(norm)
    return out, running_mean, running_var, (conv_cache, norm_cache, relu_cache)


def conv_bn_relu_backward(
    dout: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None, np.ndarray | None, np.ndarray | None]:
    """Gradients (dx, dw, db, dgamma, dbeta) of `conv_bn_relu_forward`, in the inputs' shapes.

    db, dgamma and dbeta are None where b, gamma and beta were. By the batch's statistics db is 0
    but for rounding, as the batch mean takes the bias away.
    """
    conv_cache, norm_cache, relu_cache = cache
    dnorm = relu_backward(dout, relu_cache)
    dpre, dgamma, dbeta = batch_norm_backward(dnorm, norm_cache)
    dx, dw, db = conv2d_backward(dpre, conv_cache)
    return dx, dw, db, dgamma, dbeta
