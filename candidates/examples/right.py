"""A right homework in the CS231n convention: every function below passes `layerproof check`."""

import numpy as np


def affine_forward(x, w, b):
    return x.reshape(len(x), -1) @ w + b, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(len(x), -1).T @ dout
    return dx, dw, dout.sum(axis=0)


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)


def conv_forward_naive(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, _, H, W = x.shape
    F, _, HH, WW = w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    out = np.zeros((N, F, 1 + (H + 2 * pad - HH) // stride, 1 + (W + 2 * pad - WW) // stride))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            window = padded[:, None, :, i * stride : i * stride + HH, j * stride : j * stride + WW]
            out[:, :, i, j] = (window * w).sum(axis=(2, 3, 4)) + b
    return out, (x, w, b, conv_param)


def conv_backward_naive(dout, cache):
    x, w, _, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    _, _, H, W = x.shape
    _, _, HH, WW = w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            rows = slice(i * stride, i * stride + HH)
            columns = slice(j * stride, j * stride + WW)
            dpadded[:, :, rows, columns] += np.einsum("nf,fchw->nchw", dout[:, :, i, j], w)
            dw += np.einsum("nf,nchw->fchw", dout[:, :, i, j], padded[:, :, rows, columns])
    return dpadded[:, :, pad : pad + H, pad : pad + W], dw, dout.sum(axis=(0, 2, 3))


def max_pool_forward_naive(x, pool_param):
    height, width = pool_param["pool_height"], pool_param["pool_width"]
    stride = pool_param["stride"]
    N, C, H, W = x.shape
    out = np.zeros((N, C, 1 + (H - height) // stride, 1 + (W - width) // stride))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            window = x[:, :, i * stride : i * stride + height, j * stride : j * stride + width]
            out[:, :, i, j] = window.max(axis=(2, 3))
    return out, (x, pool_param)


def max_pool_backward_naive(dout, cache):
    x, pool_param = cache
    height, width = pool_param["pool_height"], pool_param["pool_width"]
    stride = pool_param["stride"]
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dout.shape):
        window = x[n, c, i * stride : i * stride + height, j * stride : j * stride + width]
        row, column = np.unravel_index(window.argmax(), window.shape)
        dx[n, c, i * stride + row, j * stride + column] += dout[n, c, i, j]
    return dx


def batchnorm_forward(x, gamma, beta, bn_param):
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1]))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1]))
    if bn_param["mode"] == "train":
        mean, var = x.mean(axis=0), x.var(axis=0)
        running_mean = momentum * running_mean + (1 - momentum) * mean
        running_var = momentum * running_var + (1 - momentum) * var
    else:
        mean, var = running_mean, running_var
    bn_param["running_mean"], bn_param["running_var"] = running_mean, running_var
    deviation = np.sqrt(var + eps)
    normal = (x - mean) / deviation
    return gamma * normal + beta, (normal, gamma, deviation)


def batchnorm_backward(dout, cache):
    normal, gamma, deviation = cache
    dnormal = dout * gamma
    dx = dnormal - dnormal.mean(axis=0) - normal * (dnormal * normal).mean(axis=0)
    return dx / deviation, (dout * normal).sum(axis=0), dout.sum(axis=0)


batchnorm_backward_alt = batchnorm_backward


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    N, C, H, W = x.shape
    rows = x.transpose(0, 2, 3, 1).reshape(-1, C)
    out, cache = batchnorm_forward(rows, gamma, beta, bn_param)
    return out.reshape(N, H, W, C).transpose(0, 3, 1, 2), cache


def spatial_batchnorm_backward(dout, cache):
    N, C, H, W = dout.shape
    dx, dgamma, dbeta = batchnorm_backward(dout.transpose(0, 2, 3, 1).reshape(-1, C), cache)
    return dx.reshape(N, H, W, C).transpose(0, 3, 1, 2), dgamma, dbeta


def layernorm_forward(x, gamma, beta, ln_param):
    centred = x - x.mean(axis=1, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axis=1, keepdims=True) + ln_param.get("eps", 1e-5))
    normal = centred / deviation
    return gamma * normal + beta, (normal, gamma, deviation)


def layernorm_backward(dout, cache):
    normal, gamma, deviation = cache
    dnormal = dout * gamma
    dx = dnormal - dnormal.mean(axis=1, keepdims=True)
    dx = dx - normal * (dnormal * normal).mean(axis=1, keepdims=True)
    return dx / deviation, (dout * normal).sum(axis=0), dout.sum(axis=0)


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    """gamma and beta have the shape (1, C, 1, 1)."""
    rows = x.reshape(len(x) * G, -1)
    ones, zeros = np.ones(rows.shape[1]), np.zeros(rows.shape[1])
    normal, cache = layernorm_forward(rows, ones, zeros, gn_param)
    normal = normal.reshape(x.shape)
    return gamma * normal + beta, (normal, gamma, G, cache)


def spatial_groupnorm_backward(dout, cache):
    normal, gamma, G, cache = cache
    dnormal = (dout * gamma).reshape(len(dout) * G, -1)
    dx = layernorm_backward(dnormal, cache)[0].reshape(dout.shape)
    axes = (0, 2, 3)
    dgamma, dbeta = (dout * normal).sum(axis=axes), dout.sum(axis=axes)
    return dx, dgamma.reshape(gamma.shape), dbeta.reshape(gamma.shape)


def dropout_forward(x, dropout_param):
    """Inverted dropout: each output is kept with probability p."""
    p, mode = dropout_param["p"], dropout_param["mode"]
    if mode == "test":
        return x, (dropout_param, None)
    mask = (np.random.rand(*x.shape) < p) / p
    return x * mask, (dropout_param, mask)


def dropout_backward(dout, cache):
    dropout_param, mask = cache
    return dout if dropout_param["mode"] == "test" else dout * mask


def svm_loss(x, y):
    each = np.arange(len(x))
    margins = np.maximum(0, x - x[each, y][:, None] + 1)
    margins[each, y] = 0
    dx = (margins > 0) / len(x)
    dx[each, y] = -dx.sum(axis=1)
    return margins.sum() / len(x), dx


def softmax_loss(x, y):
    shifted = x - x.max(axis=1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    each = np.arange(len(x))
    dx = np.exp(log_probabilities)
    dx[each, y] -= 1
    return -log_probabilities[each, y].mean(), dx / len(x)
