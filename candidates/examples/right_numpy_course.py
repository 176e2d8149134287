"""Right free functions in NumPy: every one below passes `layerproof check`.

The first half is spelled as deeplearning.ai does, the second as exercises do that pass plain
arguments.
"""

import numpy as np


def conv_forward(A_prev, W, b, hparameters):
    stride, pad = hparameters["stride"], hparameters["pad"]
    m, n_H_prev, n_W_prev, _ = A_prev.shape
    f, _, _, n_C = W.shape
    padded = np.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    n_H, n_W = (int((n + 2 * pad - f) / stride) + 1 for n in (n_H_prev, n_W_prev))
    Z = np.zeros((m, n_H, n_W, n_C))
    for h in range(n_H):
        for w in range(n_W):
            window = padded[:, h * stride : h * stride + f, w * stride : w * stride + f]
            Z[:, h, w] = np.tensordot(window, W, axes=3) + b[0, 0, 0]
    return Z, (A_prev, W, b, hparameters)


def conv_backward(dZ, cache):
    A_prev, W, _, hparameters = cache
    stride, pad, f = hparameters["stride"], hparameters["pad"], len(W)
    _, n_H_prev, n_W_prev, _ = A_prev.shape
    padded = np.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    dpadded, dW = np.zeros_like(padded), np.zeros_like(W)
    for h in range(dZ.shape[1]):
        for w in range(dZ.shape[2]):
            rows = slice(h * stride, h * stride + f)
            columns = slice(w * stride, w * stride + f)
            dpadded[:, rows, columns] += np.einsum("mc,hwdc->mhwd", dZ[:, h, w], W)
            dW += np.einsum("mc,mhwd->hwdc", dZ[:, h, w], padded[:, rows, columns])
    dA_prev = dpadded[:, pad : pad + n_H_prev, pad : pad + n_W_prev]
    return dA_prev, dW, dZ.sum(axis=(0, 1, 2), keepdims=True)


def pool_forward(A_prev, hparameters, mode="max"):
    f, stride = hparameters["f"], hparameters["stride"]
    m, n_H_prev, n_W_prev, n_C = A_prev.shape
    A = np.zeros((m, 1 + (n_H_prev - f) // stride, 1 + (n_W_prev - f) // stride, n_C))
    for h in range(A.shape[1]):
        for w in range(A.shape[2]):
            window = A_prev[:, h * stride : h * stride + f, w * stride : w * stride + f]
            A[:, h, w] = window.max(axis=(1, 2)) if mode == "max" else window.mean(axis=(1, 2))
    return A, (A_prev, hparameters)


def pool_backward(dA, cache, mode="max"):
    A_prev, hparameters = cache
    f, stride = hparameters["f"], hparameters["stride"]
    dA_prev = np.zeros(A_prev.shape)
    for i, h, w, c in np.ndindex(*dA.shape):
        rows, columns = slice(h * stride, h * stride + f), slice(w * stride, w * stride + f)
        window = A_prev[i, rows, columns, c]
        share = window == window.max() if mode == "max" else np.ones((f, f)) / f**2
        dA_prev[i, rows, columns, c] += share * dA[i, h, w, c]
    return dA_prev


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    e_x = np.exp(x - np.max(x, axis=0))
    return e_x / e_x.sum(axis=0)


def rnn_cell_forward(xt, a_prev, parameters):
    a_next = np.tanh(parameters["Wax"] @ xt + parameters["Waa"] @ a_prev + parameters["ba"])
    yt_pred = softmax(parameters["Wya"] @ a_next + parameters["by"])
    return a_next, yt_pred, (a_next, a_prev, xt, parameters)


def rnn_cell_backward(da_next, cache):
    a_next, a_prev, xt, parameters = cache
    dtanh = (1 - a_next**2) * da_next
    return {
        "dxt": parameters["Wax"].T @ dtanh,
        "da_prev": parameters["Waa"].T @ dtanh,
        "dWax": dtanh @ xt.T,
        "dWaa": dtanh @ a_prev.T,
        "dba": dtanh.sum(axis=1, keepdims=True),
    }


def rnn_forward(x, a0, parameters):
    a, y_pred, caches = [], [], []
    a_next = a0
    for t in range(x.shape[2]):
        a_next, yt_pred, cache = rnn_cell_forward(x[:, :, t], a_next, parameters)
        a.append(a_next)
        y_pred.append(yt_pred)
        caches.append(cache)
    return np.stack(a, axis=2), np.stack(y_pred, axis=2), (caches, x)


def rnn_backward(da, caches):
    caches, x = caches
    parameters = caches[0][3]
    dx, da_prev = np.zeros(x.shape), np.zeros(da.shape[:2])
    total = {f"d{name}": np.zeros(parameters[name].shape) for name in ("Wax", "Waa", "ba")}
    for t in reversed(range(x.shape[2])):
        gradients = rnn_cell_backward(da[:, :, t] + da_prev, caches[t])
        dx[:, :, t], da_prev = gradients["dxt"], gradients["da_prev"]
        for name in total:
            total[name] += gradients[name]
    return {"dx": dx, "da0": da_prev, **total}


def lstm_cell_forward(xt, a_prev, c_prev, parameters):
    both = np.concatenate((a_prev, xt))
    ft, it, ot = (sigmoid(parameters[f"W{g}"] @ both + parameters[f"b{g}"]) for g in "fio")
    cct = np.tanh(parameters["Wc"] @ both + parameters["bc"])
    c_next = ft * c_prev + it * cct
    a_next = ot * np.tanh(c_next)
    yt_pred = softmax(parameters["Wy"] @ a_next + parameters["by"])
    return a_next, c_next, yt_pred, (c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters)


def lstm_cell_backward(da_next, dc_next, cache):
    c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters = cache
    n_a, both = len(a_prev), np.concatenate((a_prev, xt))
    dc = dc_next + da_next * ot * (1 - np.tanh(c_next) ** 2)
    inner = {
        "o": da_next * np.tanh(c_next) * ot * (1 - ot),
        "c": dc * it * (1 - cct**2),
        "i": dc * cct * it * (1 - it),
        "f": dc * c_prev * ft * (1 - ft),
    }
    dboth = sum(parameters[f"W{g}"].T @ d for g, d in inner.items())
    gradients = {"dxt": dboth[n_a:], "da_prev": dboth[:n_a], "dc_prev": dc * ft}
    gradients |= {f"dW{g}": d @ both.T for g, d in inner.items()}
    return gradients | {f"db{g}": d.sum(axis=1, keepdims=True) for g, d in inner.items()}


def lstm_forward(x, a0, parameters):
    a, y, c, caches = [], [], [], []
    a_next, c_next = a0, np.zeros_like(a0)
    for t in range(x.shape[2]):
        a_next, c_next, yt, cache = lstm_cell_forward(x[:, :, t], a_next, c_next, parameters)
        a.append(a_next)
        c.append(c_next)
        y.append(yt)
        caches.append(cache)
    return np.stack(a, axis=2), np.stack(y, axis=2), np.stack(c, axis=2), (caches, x)


def lstm_backward(da, caches):
    caches, x = caches
    parameters = caches[0][-1]
    dx, da_prev, dc_prev = np.zeros(x.shape), np.zeros(da.shape[:2]), np.zeros(da.shape[:2])
    names = [f"{kind}{gate}" for kind in "Wb" for gate in "fico"]
    total = {f"d{name}": np.zeros(parameters[name].shape) for name in names}
    for t in reversed(range(x.shape[2])):
        gradients = lstm_cell_backward(da[:, :, t] + da_prev, dc_prev, caches[t])
        dx[:, :, t] = gradients["dxt"]
        da_prev, dc_prev = gradients["da_prev"], gradients["dc_prev"]
        for name in total:
            total[name] += gradients[name]
    return {"dx": dx, "da0": da_prev, **total}


def windows(x, height, width, stride, dilation=1):
    """Views (N, C, OH, OW, height, width) of every window of x (N, C, H, W)."""
    reach = dilation * (height - 1) + 1, dilation * (width - 1) + 1
    every = np.lib.stride_tricks.sliding_window_view(x, reach, axis=(2, 3))
    return every[:, :, ::stride, ::stride, ::dilation, ::dilation]


def conv2d(x, w, b=None, stride=1, padding=0, dilation=1):
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    taps = windows(padded, *w.shape[2:], stride, dilation)
    out = np.einsum("nchwij,fcij->nfhw", taps, w)
    return out if b is None else out + b[:, None, None]


def conv2d_backward(dout, x, w, b=None, stride=1, padding=0, dilation=1):
    _, _, height, width = x.shape
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dpadded, dw = np.zeros(padded.shape), np.zeros(w.shape)
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            rows = slice(i * dilation, i * dilation + stride * (dout.shape[2] - 1) + 1, stride)
            columns = slice(j * dilation, j * dilation + stride * (dout.shape[3] - 1) + 1, stride)
            dpadded[:, :, rows, columns] += np.einsum("nfhw,fc->nchw", dout, w[:, :, i, j])
            dw[:, :, i, j] = np.einsum("nfhw,nchw->fc", dout, padded[:, :, rows, columns])
    dx = dpadded[:, :, padding : padding + height, padding : padding + width]
    return (dx, dw) if b is None else (dx, dw, dout.sum(axis=(0, 2, 3)))


def max_pool2d(x, kernel_size, stride=None):
    return windows(x, kernel_size, kernel_size, stride or kernel_size).max(axis=(4, 5))


def avg_pool2d(images, pool_size, stride):
    """images (N, H, W, C), pool_size and stride numbers."""
    taps = windows(images.transpose(0, 3, 1, 2), pool_size, pool_size, stride)
    return taps.mean(axis=(4, 5)).transpose(0, 2, 3, 1)


def linear_forward(A, W, b):
    """Samples are columns: A (D, N), W (M, D), b (M, 1)."""
    return W @ A + b, (A, W)


def linear_backward(dZ, cache):
    A, W = cache
    return W.T @ dZ, dZ @ A.T, dZ.sum(axis=1, keepdims=True)


def relu(z):
    return np.maximum(z, 0)


def relu_backward(dout, z):
    return dout * (z > 0)


def tanh(x):
    return np.tanh(x)


def leaky_relu(x, alpha=0.01):
    return np.where(x > 0, x, alpha * x)


def elu(x):
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def log_softmax(x, axis=-1):
    shifted = x - x.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


def cross_entropy(logits, labels):
    return -log_softmax(logits, axis=1)[np.arange(len(labels)), labels].mean()


def mean_squared_error(y_true, y_pred):
    return ((y_true - y_pred) ** 2).mean()


def one_hot(labels, num_classes):
    return np.eye(num_classes)[labels]


def char_to_onehot(char, char_to_idx, vocab_size):
    column = np.zeros((vocab_size, 1))
    column[char_to_idx[char]] = 1
    return column


def bilinear_interpolate(a, y, x):
    top, left = int(np.floor(y)), int(np.floor(x))
    total = 0.0
    for row, column in ((top, left), (top, left + 1), (top + 1, left), (top + 1, left + 1)):
        if 0 <= row < a.shape[0] and 0 <= column < a.shape[1]:
            total += a[row, column] * (1 - abs(y - row)) * (1 - abs(x - column))
    return total


def deform_conv2d_np(a_l, delta, mask, weight, stride=1, padding=0, dilation=1):
    N, C, _, _ = a_l.shape
    F, _, KH, KW = weight.shape
    out = np.zeros((N, F, *delta.shape[2:]), dtype=np.float32)
    for n, i, j, h, w in np.ndindex(N, KH, KW, *delta.shape[2:]):
        k = i * KW + j
        y = h * stride - padding + i * dilation + delta[n, 2 * k, h, w]
        x = w * stride - padding + j * dilation + delta[n, 2 * k + 1, h, w]
        taps = np.array([bilinear_interpolate(a_l[n, c], y, x) for c in range(C)])
        out[n, :, h, w] += mask[n, k, h, w] * (weight[:, :, i, j] @ taps)
    return out
