"""Right noise on gradients: of a model, parameters, an optimizer, and gradients themselves."""

import torch


def gradient_noise_forward(g1, g2, g3, z1, z2, z3, eta, gamma, t):
    sigma = (eta / (1 + t) ** gamma) ** 0.5
    return tuple(g + sigma * z for g, z in ((g1, z1), (g2, z2), (g3, z3)))


def add_gradient_noise(model, step, eta=0.3, gamma=0.55):
    sigma = (eta / (1 + step) ** gamma) ** 0.5
    for p in model.parameters():
        if p.grad is not None:
            p.grad.add_(torch.randn_like(p.grad) * sigma)


def add_grad_noise(params, std):
    for p in params:
        p.grad = p.grad + torch.normal(0.0, std, size=p.grad.shape)


def grad_noise(optimizer, t, eta):
    sigma = (eta / (1 + t) ** 0.55) ** 0.5
    for group in optimizer.param_groups:
        for p in group["params"]:
            p.grad += torch.distributions.Normal(0, sigma).sample(p.grad.shape)


def apply_gradient_noise(grads, t):
    sigma = (0.01 / (1 + t) ** 0.55) ** 0.5
    return [g + sigma * torch.empty_like(g).normal_() for g in grads]


def inject_gradient_noise(grad, sigma, step, decay):
    return grad + torch.randn(grad.shape) * sigma / (1 + step) ** decay
