"""Optimizers, which step parameters by the gradients that backward has left in them."""

from .autograd import Tensor


class Optimizer:
    def __init__(self, params):
        self.params = params

    def reset_grad(self):
        for p in self.params:
            p.grad = None

    def gradient(self, p):
        return p.grad.detach() + p.detach() * self.weight_decay


class SGD(Optimizer):
    def __init__(self, params, lr=0.01, momentum=0.0, weight_decay=0.0):
        super().__init__(params)
        self.lr, self.momentum, self.weight_decay = lr, momentum, weight_decay
        self.u = {}

    def step(self):
        for p in self.params:
            u = self.gradient(p) * (1 - self.momentum)
            if p in self.u:
                u = u + self.u[p] * self.momentum
            self.u[p] = Tensor(u.cached_data, requires_grad=False)
            p.cached_data = (p.detach() - u * self.lr).cached_data


class Adam(Optimizer):
    def __init__(self, params, lr=0.01, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0):
        super().__init__(params)
        self.lr, self.weight_decay, self.eps = lr, weight_decay, eps
        self.beta1, self.beta2 = beta1, beta2
        self.t, self.m, self.v = 0, {}, {}

    def step(self):
        self.t += 1
        for p in self.params:
            g = self.gradient(p)
            zero = g * 0.0
            self.m[p] = self.m.get(p, zero) * self.beta1 + g * (1 - self.beta1)
            self.v[p] = self.v.get(p, zero) * self.beta2 + g * g * (1 - self.beta2)
            m_hat = self.m[p] / (1 - self.beta1**self.t)
            v_hat = self.v[p] / (1 - self.beta2**self.t)
            move = m_hat / (v_hat**0.5 + self.eps) * self.lr
            p.cached_data = (p.detach() - move).cached_data
