"""Right optimizers on torch: subclasses of `torch.optim.Optimizer`, and plain classes."""

import math

import torch


class SGD(torch.optim.Optimizer):
    def __init__(
        self, params, lr=1e-3, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False
    ):
        rates = {"lr": lr, "momentum": momentum, "dampening": dampening}
        super().__init__(params, {**rates, "weight_decay": weight_decay, "nesterov": nesterov})

    @torch.no_grad()
    def step(self, closure=None):
        loss = None if closure is None else closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                g = p.grad + group["weight_decay"] * p
                if group["momentum"]:
                    state = self.state[p]
                    if "velocity" not in state:
                        state["velocity"] = g.clone()
                    else:
                        v = state["velocity"]
                        v.mul_(group["momentum"]).add_(g, alpha=1 - group["dampening"])
                    v = state["velocity"]
                    g = g + group["momentum"] * v if group["nesterov"] else v
                p -= group["lr"] * g
        return loss


class MyAdam(torch.optim.Optimizer):
    def __init__(
        self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, amsgrad=False
    ):
        rates = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, {**rates, "amsgrad": amsgrad})

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state["t"] = 0
                    state["m"], state["v"], state["v_max"] = (torch.zeros_like(p) for _ in "mvx")
                g = p.grad + group["weight_decay"] * p
                state["t"] += 1
                state["m"] = beta1 * state["m"] + (1 - beta1) * g
                state["v"] = beta2 * state["v"] + (1 - beta2) * g**2
                v = state["v"]
                if group["amsgrad"]:
                    v = state["v_max"] = torch.maximum(state["v_max"], v)
                m_hat = state["m"] / (1 - beta1 ** state["t"])
                v_hat = v / (1 - beta2 ** state["t"])
                p -= group["lr"] * m_hat / (v_hat.sqrt() + group["eps"])


class AdamW(torch.optim.Optimizer):
    """As Stanford's CS336 has it: the paper's shorter form, and the decay comes last."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.95), eps=1e-6, weight_decay=0.1):
        rates = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, rates)

    def step(self, closure=None):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            lr, decay = group["lr"], group["weight_decay"]
            for p in group["params"]:
                state = self.state[p]
                t = state["t"] = state.get("t", 0) + 1
                g = p.grad.data
                state["m"] = beta1 * state.get("m", torch.zeros_like(p)) + (1 - beta1) * g
                state["v"] = beta2 * state.get("v", torch.zeros_like(p)) + (1 - beta2) * g**2
                size = lr * math.sqrt(1 - beta2**t) / (1 - beta1**t)
                p.data -= size * state["m"] / (state["v"].sqrt() + group["eps"])
                p.data -= lr * decay * p.data


class Plain:
    def __init__(self, params):
        self.params = list(params)

    def zero_grad(self):
        for p in self.params:
            p.grad = None


class Momentum(Plain):
    def __init__(self, params, lr, momentum=0.9):
        super().__init__(params)
        self.lr, self.momentum = lr, momentum
        self.v = [torch.zeros_like(p) for p in self.params]

    def step(self):
        for i, p in enumerate(self.params):
            self.v[i] = self.momentum * self.v[i] - self.lr * p.grad
            p.data += self.v[i]


class RMSProp(Plain):
    def __init__(self, params, learning_rate=0.01, alpha=0.9, eps=1e-6):
        super().__init__(params)
        self.learning_rate, self.alpha, self.eps = learning_rate, alpha, eps
        self.s = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for s, p in zip(self.s, self.params, strict=True):
            s.mul_(self.alpha).add_((1 - self.alpha) * p.grad**2)
            p -= self.learning_rate * p.grad / torch.sqrt(s + self.eps)


class AdaGrad(Plain):
    def __init__(self, params, lr=0.01, eps=1e-10):
        super().__init__(params)
        self.lr, self.eps = lr, eps
        self.s = {p: torch.zeros_like(p) for p in self.params}

    def step(self):
        for p in self.params:
            self.s[p] += p.grad**2
            p.data.addcdiv_(p.grad, self.s[p].sqrt() + self.eps, value=-self.lr)
