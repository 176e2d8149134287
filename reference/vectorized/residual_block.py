"""The basic residual block.

Every layer is the vectorized one; relu, the sum of main branch and skip, and that of their
gradients are taken where the last result stands, so that each layer writes one map.
"""

from __future__ import annotations

import numpy as np

from reference._residual_block_arguments import check_residual_block
from reference.vectorized._relu import relu_in_place
from reference.vectorized.batch_norm import batch_norm_backward, batch_norm_forward
from reference.vectorized.conv2d import conv2d_backward, conv2d_forward
from reference.vectorized.relu import relu_backward


def residual_block_forward(
    x: np.ndarray,
    w1: np.ndarray,
    gamma1: np.ndarray,
    beta1: np.ndarray,
    w2: np.ndarray,
    gamma2: np.ndarray,
    beta2: np.ndarray,
    w_skip: np.ndarray | None = None,
    gamma_skip: np.ndarray | None = None,
    beta_skip: np.ndarray | None = None,
    *,
    stride: int = 1,
    eps: float = 1e-5,
) -> tuple[np.ndarray, tuple]:
    """`torchvision.models.resnet.BasicBlock` in training mode (He et al. 2015, figure 5 left).

    relu(bn2(conv2(relu(bn1(conv1(x))))) + skip), where the skip is x itself, or bn(conv(x)) by
    w_skip. x (N, C, H, W), w1 (F, C, 3, 3), w2 (F, F, 3, 3), w_skip (F, C, 1, 1) or None, needed
    where F is not C or stride not 1; each gamma and beta (F,). The output is (N, F, OH, OW) with
    OH = floor((H - 1) / stride) + 1. The 3x3 convolutions are padded by 1; conv1 and the skip
    have the stride, an int, in elements. Every normalisation is by the batch's own statistics:
    running statistics and evaluation are left out on purpose. Raises TypeError and ValueError on
    bad arguments. The cache holds x and the weights themselves.
    """
    arrays = x, w1, gamma1, beta1, w2, gamma2, beta2, w_skip, gamma_skip, beta_skip
    check_residual_block(*arrays, stride, eps)
    pre1, conv1_cache = conv2d_forward(x, w1, stride=stride, padding=1)
    hidden, norm1_cache = _norm(pre1, gamma1, beta1, eps)
    relu1_cache = relu_in_place(hidden)
    pre2, conv2_cache = conv2d_forward(hidden, w2, padding=1)
    out, norm2_cache = _norm(pre2, gamma2, beta2, eps)
    skip, skip_cache = x, None
    if w_skip is not None:
        pre_skip, conv_skip_cache = conv2d_forward(x, w_skip, stride=stride)
        skip, norm_skip_cache = _norm(pre_skip, gamma_skip, beta_skip, eps)
        skip_cache = conv_skip_cache, norm_skip_cache
    out += skip
    relu2_cache = relu_in_place(out)
    first, second = (conv1_cache, norm1_cache, relu1_cache), (conv2_cache, norm2_cache, relu2_cache)
    return out, (first, second, skip_cache)


def _norm(
    pre: np.ndarray, gamma: np.ndarray | None, beta: np.ndarray | None, eps: float
) -> tuple[np.ndarray, tuple]:
    out, _, _, cache = batch_norm_forward(pre, gamma, beta, None, None, training=True, eps=eps)
    return out, cache


def residual_block_backward(dout: np.ndarray, cache: tuple) -> tuple[np.ndarray | None, ...]:
    """Gradients of `residual_block_forward`, in the order and the shapes of its arrays.

    (dx, dw1, dgamma1, dbeta1, dw2, dgamma2, dbeta2, dw_skip, dgamma_skip, dbeta_skip), of which
    the last three are None where there is no w_skip.
    """
    (conv1_cache, norm1_cache, relu1_cache), second, skip_cache = cache
    conv2_cache, norm2_cache, relu2_cache = second
    dsum = relu_backward(dout, relu2_cache)
    dpre2, dgamma2, dbeta2 = batch_norm_backward(dsum, norm2_cache)
    dhidden, dw2, _ = conv2d_backward(dpre2, conv2_cache)
    dnorm1 = relu_backward(dhidden, relu1_cache)
    dpre1, dgamma1, dbeta1 = batch_norm_backward(dnorm1, norm1_cache)
    dx, dw1, _ = conv2d_backward(dpre1, conv1_cache)
    dx_skip, dw_skip, dgamma_skip, dbeta_skip = dsum, None, None, None
    if skip_cache is not None:
        conv_skip_cache, norm_skip_cache = skip_cache
        dpre_skip, dgamma_skip, dbeta_skip = batch_norm_backward(dsum, norm_skip_cache)
        dx_skip, dw_skip, _ = conv2d_backward(dpre_skip, conv_skip_cache)
    dx += dx_skip
    main = dx, dw1, dgamma1, dbeta1, dw2, dgamma2, dbeta2
    return *main, dw_skip, dgamma_skip, dbeta_skip
