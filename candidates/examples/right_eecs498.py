"""A right homework in the EECS 498 convention: A3's layers and A4's and A5's functions."""

import math

import torch


class Linear:
    @staticmethod
    def forward(x, w, b):
        return x.reshape(x.shape[0], -1) @ w + b, (x, w, b)

    @staticmethod
    def backward(dout, cache):
        x, w, _ = cache
        dx = (dout @ w.T).reshape(x.shape)
        return dx, x.reshape(x.shape[0], -1).T @ dout, dout.sum(dim=0)


class ReLU:
    @staticmethod
    def forward(x):
        return x.clamp(min=0), x

    @staticmethod
    def backward(dout, cache):
        return dout * (cache > 0)


class Linear_ReLU:
    @staticmethod
    def forward(x, w, b):
        a, linear_cache = Linear.forward(x, w, b)
        out, relu_cache = ReLU.forward(a)
        return out, (linear_cache, relu_cache)

    @staticmethod
    def backward(dout, cache):
        linear_cache, relu_cache = cache
        return Linear.backward(ReLU.backward(dout, relu_cache), linear_cache)


class Dropout:
    @staticmethod
    def forward(x, dropout_param):
        p, mode = dropout_param["p"], dropout_param["mode"]
        if mode == "test":
            return x, (dropout_param, None)
        mask = (torch.rand_like(x) >= p) / (1 - p)
        return x * mask, (dropout_param, mask)

    @staticmethod
    def backward(dout, cache):
        dropout_param, mask = cache
        return dout if dropout_param["mode"] == "test" else dout * mask


def padded(x, pad):
    return torch.nn.functional.pad(x, (pad, pad, pad, pad))


class Conv:
    @staticmethod
    def forward(x, w, b, conv_param):
        stride, pad = conv_param["stride"], conv_param["pad"]
        windows = padded(x, pad).unfold(2, w.shape[2], stride).unfold(3, w.shape[3], stride)
        out = torch.einsum("nchwkl,fckl->nfhw", windows, w) + b[:, None, None]
        return out, (x, w, b, conv_param)

    @staticmethod
    def backward(dout, cache):
        x, w, _, conv_param = cache
        stride, pad = conv_param["stride"], conv_param["pad"]
        (_, _, H, W), (_, _, KH, KW) = x.shape, w.shape
        wide = padded(x, pad)
        windows = wide.unfold(2, KH, stride).unfold(3, KW, stride)
        dw = torch.einsum("nchwkl,nfhw->fckl", windows, dout)
        dwide = torch.zeros_like(wide)
        for i in range(dout.shape[2]):
            for j in range(dout.shape[3]):
                rows = slice(i * stride, i * stride + KH)
                columns = slice(j * stride, j * stride + KW)
                dwide[:, :, rows, columns] += torch.einsum("nf,fckl->nckl", dout[:, :, i, j], w)
        return dwide[:, :, pad : pad + H, pad : pad + W], dw, dout.sum(dim=(0, 2, 3))


class MaxPool:
    @staticmethod
    def forward(x, pool_param):
        stride = pool_param["stride"]
        height, width = pool_param["pool_height"], pool_param["pool_width"]
        windows = x.unfold(2, height, stride).unfold(3, width, stride)
        return windows.amax(dim=(4, 5)), (x, pool_param)

    @staticmethod
    def backward(dout, cache):
        x, pool_param = cache
        stride = pool_param["stride"]
        height, width = pool_param["pool_height"], pool_param["pool_width"]
        dx = torch.zeros_like(x)
        for i in range(dout.shape[2]):
            for j in range(dout.shape[3]):
                rows = slice(i * stride, i * stride + height)
                columns = slice(j * stride, j * stride + width)
                window = x[:, :, rows, columns].flatten(2)
                first = torch.zeros_like(window)
                first.scatter_(2, window.argmax(dim=2, keepdim=True), dout[:, :, i, j, None])
                dx[:, :, rows, columns] += first.reshape(x[:, :, rows, columns].shape)
        return dx


class BatchNorm:
    @staticmethod
    def forward(x, gamma, beta, bn_param):
        eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
        zeros = torch.zeros(x.shape[1], dtype=x.dtype, device=x.device)
        mean, var = bn_param.get("running_mean", zeros), bn_param.get("running_var", zeros)
        if bn_param["mode"] == "test":
            return gamma * (x - mean) / torch.sqrt(var + eps) + beta, None
        sample_mean, sample_var = x.mean(dim=0), x.var(dim=0, unbiased=False)
        bn_param["running_mean"] = momentum * mean + (1 - momentum) * sample_mean
        bn_param["running_var"] = momentum * var + (1 - momentum) * sample_var
        std = torch.sqrt(sample_var + eps)
        normalized = (x - sample_mean) / std
        return gamma * normalized + beta, (normalized, gamma, std)

    @staticmethod
    def backward(dout, cache):
        normalized, gamma, std = cache
        dgamma, dbeta = (dout * normalized).sum(dim=0), dout.sum(dim=0)
        n = dout.shape[0]
        dx = gamma / std * (dout - dbeta / n - normalized * dgamma / n)
        return dx, dgamma, dbeta

    @staticmethod
    def backward_alt(dout, cache):
        normalized, gamma, std = cache
        dnormalized = dout * gamma
        centred = dnormalized - dnormalized.mean(dim=0)
        dx = (centred - normalized * (dnormalized * normalized).mean(dim=0)) / std
        return dx, (dout * normalized).sum(dim=0), dout.sum(dim=0)


class SpatialBatchNorm:
    @staticmethod
    def forward(x, gamma, beta, bn_param):
        N, C, H, W = x.shape
        flat = x.permute(0, 2, 3, 1).reshape(-1, C)
        out, cache = BatchNorm.forward(flat, gamma, beta, bn_param)
        return out.reshape(N, H, W, C).permute(0, 3, 1, 2), cache

    @staticmethod
    def backward(dout, cache):
        N, C, H, W = dout.shape
        flat = dout.permute(0, 2, 3, 1).reshape(-1, C)
        dx, dgamma, dbeta = BatchNorm.backward(flat, cache)
        return dx.reshape(N, H, W, C).permute(0, 3, 1, 2), dgamma, dbeta


class FastConv:
    """As the course hands it out: torch's own layer, whose graph is used up by one backward."""

    @staticmethod
    def forward(x, w, b, conv_param):
        stride, pad = conv_param["stride"], conv_param["pad"]
        layer = torch.nn.Conv2d(x.shape[1], w.shape[0], w.shape[2:], stride=stride, padding=pad)
        layer.weight, layer.bias = torch.nn.Parameter(w), torch.nn.Parameter(b)
        leaf = x.detach()
        leaf.requires_grad = True
        out = layer(leaf)
        return out, (leaf, out, layer)

    @staticmethod
    def backward(dout, cache):
        leaf, out, layer = cache
        out.backward(dout)
        return leaf.grad.detach(), layer.weight.grad.detach(), layer.bias.grad.detach()


class FastMaxPool:
    @staticmethod
    def forward(x, pool_param):
        kernel = pool_param["pool_height"], pool_param["pool_width"]
        leaf = x.detach()
        leaf.requires_grad = True
        out = torch.nn.MaxPool2d(kernel, stride=pool_param["stride"])(leaf)
        return out, (leaf, out)

    @staticmethod
    def backward(dout, cache):
        leaf, out = cache
        out.backward(dout)
        return leaf.grad.detach()


class Conv_ReLU:
    @staticmethod
    def forward(x, w, b, conv_param):
        a, conv_cache = FastConv.forward(x, w, b, conv_param)
        out, relu_cache = ReLU.forward(a)
        return out, (conv_cache, relu_cache)

    @staticmethod
    def backward(dout, cache):
        conv_cache, relu_cache = cache
        return FastConv.backward(ReLU.backward(dout, relu_cache), conv_cache)


class Conv_ReLU_Pool:
    @staticmethod
    def forward(x, w, b, conv_param, pool_param):
        a, conv_cache = FastConv.forward(x, w, b, conv_param)
        s, relu_cache = ReLU.forward(a)
        out, pool_cache = FastMaxPool.forward(s, pool_param)
        return out, (conv_cache, relu_cache, pool_cache)

    @staticmethod
    def backward(dout, cache):
        conv_cache, relu_cache, pool_cache = cache
        da = ReLU.backward(FastMaxPool.backward(dout, pool_cache), relu_cache)
        return FastConv.backward(da, conv_cache)


class Conv_BatchNorm_ReLU:
    @staticmethod
    def forward(x, w, b, gamma, beta, conv_param, bn_param):
        a, conv_cache = FastConv.forward(x, w, b, conv_param)
        n, bn_cache = SpatialBatchNorm.forward(a, gamma, beta, bn_param)
        out, relu_cache = ReLU.forward(n)
        return out, (conv_cache, bn_cache, relu_cache)

    @staticmethod
    def backward(dout, cache):
        conv_cache, bn_cache, relu_cache = cache
        dn = ReLU.backward(dout, relu_cache)
        da, dgamma, dbeta = SpatialBatchNorm.backward(dn, bn_cache)
        return (*FastConv.backward(da, conv_cache), dgamma, dbeta)


def svm_loss(x, y):
    rows = torch.arange(len(x), device=x.device)
    margins = (x - x[rows, y][:, None] + 1).clamp(min=0)
    margins[rows, y] = 0
    dx = (margins > 0).to(x.dtype)
    dx[rows, y] -= dx.sum(dim=1)
    return margins.sum() / len(x), dx / len(x)


def softmax_loss(x, y):
    rows = torch.arange(len(x), device=x.device)
    shifted = x - x.max(dim=1, keepdim=True).values
    log_probabilities = shifted - shifted.exp().sum(dim=1, keepdim=True).log()
    dx = log_probabilities.exp()
    dx[rows, y] -= 1
    return -log_probabilities[rows, y].mean(), dx / len(x)


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    next_h = torch.tanh(x @ Wx + prev_h @ Wh + b)
    return next_h, (x, prev_h, Wx, Wh, next_h)


def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, next_h = cache
    da = dnext_h * (1 - next_h**2)
    return da @ Wx.T, da @ Wh.T, x.T @ da, prev_h.T @ da, da.sum(dim=0)


def rnn_forward(x, h0, Wx, Wh, b):
    states, caches = [], []
    for t in range(x.shape[1]):
        h0, cache = rnn_step_forward(x[:, t], h0, Wx, Wh, b)
        states.append(h0)
        caches.append(cache)
    return torch.stack(states, dim=1), caches


def rnn_backward(dh, cache):
    dxs, dprev_h, weights = [], 0, (0, 0, 0)
    for t in reversed(range(dh.shape[1])):
        dx, dprev_h, *steps = rnn_step_backward(dh[:, t] + dprev_h, cache[t])
        dxs.insert(0, dx)
        weights = [total + step for total, step in zip(weights, steps, strict=True)]
    return torch.stack(dxs, dim=1), dprev_h, *weights


def temporal_softmax_loss(x, y, ignore_index=None):
    loss = torch.nn.functional.cross_entropy(
        x.transpose(1, 2), y, ignore_index=ignore_index, reduction="sum"
    )
    return loss / len(x)


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b, attn=None, Wattn=None):
    a = x @ Wx + prev_h @ Wh + b
    if attn is not None:
        a = a + attn @ Wattn
    i, f, o, g = a.chunk(4, dim=1)
    next_c = torch.sigmoid(f) * prev_c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(next_c), next_c


def lstm_forward(x, h0, Wx, Wh, b):
    states, c = [], torch.zeros_like(h0)
    for t in range(x.shape[1]):
        h0, c = lstm_step_forward(x[:, t], h0, c, Wx, Wh, b)
        states.append(h0)
    return torch.stack(states, dim=1)


def scaled_dot_product_two_loop_single(query, key, value):
    scores = query @ key.T / math.sqrt(query.shape[1])
    return torch.softmax(scores, dim=1) @ value


def scaled_dot_product_two_loop_batch(query, key, value):
    return scaled_dot_product_no_loop_batch(query, key, value)[0]


def scaled_dot_product_no_loop_batch(query, key, value, mask=None):
    scores = torch.bmm(query, key.transpose(1, 2)) / math.sqrt(query.shape[2])
    if mask is not None:
        scores = scores.masked_fill(mask, -1e9)
    weights = torch.softmax(scores, dim=2)
    return torch.bmm(weights, value), weights


def sgd(w, dw, config=None):
    config = {} if config is None else config
    w -= config.setdefault("learning_rate", 1e-2) * dw
    return w, config


def sgd_momentum(w, dw, config=None):
    config = {} if config is None else config
    v = config.get("velocity", torch.zeros_like(w))
    v = config.setdefault("momentum", 0.9) * v - config.setdefault("learning_rate", 1e-2) * dw
    config["velocity"] = v
    return w + v, config


def rmsprop(w, dw, config=None):
    config = {} if config is None else config
    decay = config.setdefault("decay_rate", 0.99)
    cache = decay * config.setdefault("cache", torch.zeros_like(w)) + (1 - decay) * dw**2
    config["cache"] = cache
    step = config.setdefault("learning_rate", 1e-2) * dw
    return w - step / (torch.sqrt(cache) + config.setdefault("epsilon", 1e-8)), config


def adam(w, dw, config=None):
    config = {} if config is None else config
    beta1, beta2 = config.setdefault("beta1", 0.9), config.setdefault("beta2", 0.999)
    config["t"] = config.setdefault("t", 0) + 1
    config["m"] = beta1 * config.setdefault("m", torch.zeros_like(w)) + (1 - beta1) * dw
    config["v"] = beta2 * config.setdefault("v", torch.zeros_like(w)) + (1 - beta2) * dw**2
    m_hat = config["m"] / (1 - beta1 ** config["t"])
    v_hat = config["v"] / (1 - beta2 ** config["t"])
    step = config.setdefault("learning_rate", 1e-3) * m_hat
    return w - step / (torch.sqrt(v_hat) + config.setdefault("epsilon", 1e-8)), config
