"""EECS 498's networks: right ones, on the layers of right_eecs498.py."""

import torch
from right_eecs498 import Conv_ReLU_Pool, Dropout, Linear, Linear_ReLU, softmax_loss


class TwoLayerNet:
    def __init__(
        self,
        input_dim=3 * 32 * 32,
        hidden_dim=100,
        num_classes=10,
        weight_scale=1e-3,
        reg=0.0,
        dtype=torch.float32,
        device="cpu",
    ):
        self.reg = reg
        kind = {"dtype": dtype, "device": device}
        self.params = {
            "W1": weight_scale * torch.randn(input_dim, hidden_dim, **kind),
            "b1": torch.zeros(hidden_dim, **kind),
            "W2": weight_scale * torch.randn(hidden_dim, num_classes, **kind),
            "b2": torch.zeros(num_classes, **kind),
        }

    def loss(self, X, y=None):
        W1, b1, W2, b2 = (self.params[name] for name in ("W1", "b1", "W2", "b2"))
        hidden, first = Linear_ReLU.forward(X, W1, b1)
        scores, second = Linear.forward(hidden, W2, b2)
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, y)
        loss += self.reg * ((W1**2).sum() + (W2**2).sum())
        grads = {}
        dhidden, grads["W2"], grads["b2"] = Linear.backward(dscores, second)
        _, grads["W1"], grads["b1"] = Linear_ReLU.backward(dhidden, first)
        grads["W1"] += 2 * self.reg * W1
        grads["W2"] += 2 * self.reg * W2
        return loss, grads


class FullyConnectedNet:
    def __init__(
        self,
        hidden_dims,
        input_dim=3 * 32 * 32,
        num_classes=10,
        dropout=0.0,
        reg=0.0,
        weight_scale=1e-2,
        seed=None,
        dtype=torch.float,
        device="cpu",
    ):
        self.use_dropout = dropout != 0
        self.reg = reg
        self.num_layers = 1 + len(hidden_dims)
        self.dtype = dtype
        sizes = [input_dim, *hidden_dims, num_classes]
        self.params = {}
        for i in range(self.num_layers):
            shape = sizes[i], sizes[i + 1]
            weights = torch.randn(*shape, dtype=dtype, device=device)
            self.params[f"W{i + 1}"] = weight_scale * weights
            self.params[f"b{i + 1}"] = torch.zeros(shape[1], dtype=dtype, device=device)
        self.dropout_param = {}
        if self.use_dropout:
            self.dropout_param = {"mode": "train", "p": dropout}
            if seed is not None:
                self.dropout_param["seed"] = seed

    def loss(self, X, y=None):
        out = X.to(self.dtype)
        if self.use_dropout:
            self.dropout_param["mode"] = "test" if y is None else "train"
        caches, last = [], self.num_layers
        for i in range(1, last):
            out, cache = Linear_ReLU.forward(out, self.params[f"W{i}"], self.params[f"b{i}"])
            caches.append(cache)
            if self.use_dropout:
                out, cache = Dropout.forward(out, self.dropout_param)
                caches.append(cache)
        scores, cache = Linear.forward(out, self.params[f"W{last}"], self.params[f"b{last}"])
        if y is None:
            return scores
        loss, dout = softmax_loss(scores, y)
        grads = {}
        dout, grads[f"W{last}"], grads[f"b{last}"] = Linear.backward(dout, cache)
        for i in reversed(range(1, last)):
            if self.use_dropout:
                dout = Dropout.backward(dout, caches.pop())
            dout, grads[f"W{i}"], grads[f"b{i}"] = Linear_ReLU.backward(dout, caches.pop())
        for i in range(1, last + 1):
            loss += self.reg * (self.params[f"W{i}"] ** 2).sum()
            grads[f"W{i}"] += 2 * self.reg * self.params[f"W{i}"]
        return loss, grads


class ThreeLayerConvNet:
    def __init__(
        self,
        input_dims=(3, 32, 32),
        num_filters=32,
        filter_size=7,
        hidden_dim=100,
        num_classes=10,
        weight_scale=1e-3,
        reg=0.0,
        dtype=torch.float,
        device="cpu",
    ):
        self.reg, self.dtype = reg, dtype
        C, H, W = input_dims
        shapes = {
            "W1": (num_filters, C, filter_size, filter_size),
            "W2": (num_filters * (H // 2) * (W // 2), hidden_dim),
            "W3": (hidden_dim, num_classes),
        }
        self.params = {}
        for name, shape in shapes.items():
            self.params[name] = weight_scale * torch.randn(shape, dtype=dtype, device=device)
        for i, size in enumerate((num_filters, hidden_dim, num_classes)):
            self.params[f"b{i + 1}"] = torch.zeros(size, dtype=dtype, device=device)

    def loss(self, X, y=None):
        X = X.to(self.dtype)
        W1, b1, W2, b2, W3, b3 = (self.params[f"{n}{i}"] for i in (1, 2, 3) for n in "Wb")
        conv_param = {"stride": 1, "pad": (W1.shape[2] - 1) // 2}
        pool_param = {"pool_height": 2, "pool_width": 2, "stride": 2}
        maps, first = Conv_ReLU_Pool.forward(X, W1, b1, conv_param, pool_param)
        hidden, second = Linear_ReLU.forward(maps, W2, b2)
        scores, third = Linear.forward(hidden, W3, b3)
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, y)
        grads = {}
        dhidden, grads["W3"], grads["b3"] = Linear.backward(dscores, third)
        dmaps, grads["W2"], grads["b2"] = Linear_ReLU.backward(dhidden, second)
        _, grads["W1"], grads["b1"] = Conv_ReLU_Pool.backward(dmaps, first)
        for name in ("W1", "W2", "W3"):
            loss += self.reg * (self.params[name] ** 2).sum()
            grads[name] += 2 * self.reg * self.params[name]
        return loss, grads


def nn_forward_pass(params, X):
    h1 = (X @ params["W1"] + params["b1"]).clamp(min=0)
    return h1 @ params["W2"] + params["b2"], h1


def nn_forward_backward(params, X, y=None, reg=0.0):
    scores, h1 = nn_forward_pass(params, X)
    if y is None:
        return scores
    loss, dscores = softmax_loss(scores, y)
    dh1 = (dscores @ params["W2"].t()) * (h1 > 0)
    grads = {"W2": h1.t() @ dscores, "b2": dscores.sum(0), "W1": X.t() @ dh1, "b1": dh1.sum(0)}
    for name in ("W1", "W2"):
        loss = loss + reg * params[name].pow(2).sum()
        grads[name] = grads[name] + 2 * reg * params[name]
    return loss, grads
