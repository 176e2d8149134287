"""Right clipping of gradients on torch: of a model, of parameters and of an optimizer."""

import torch


def grad_clipping(net, theta):
    parameters = [p for p in net.parameters() if p.requires_grad]
    norm = torch.sqrt(sum(torch.sum(p.grad**2) for p in parameters))
    if norm > theta:
        for p in parameters:
            p.grad[:] *= theta / norm


def clip_grad_norm_(parameters, max_norm, norm_type=2.0):
    gradients = [p.grad for p in parameters if p.grad is not None]
    norms = torch.stack([torch.linalg.vector_norm(g, norm_type) for g in gradients])
    norm = torch.linalg.vector_norm(norms, norm_type)
    for g in gradients:
        g *= (max_norm / (norm + 1e-6)).clamp(max=1.0)
    return norm


def clip_gradient(optimizer, grad_clip):
    for group in optimizer.param_groups:
        for p in group["params"]:
            if p.grad is not None:
                p.grad.clamp_(-grad_clip, grad_clip)
