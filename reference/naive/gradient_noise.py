"""Annealed noise added to gradients, one number at a time."""

from __future__ import annotations

import math

import numpy as np

from reference._gradient_noise_arguments import check_noise

Noisy = tuple[np.ndarray, np.ndarray, np.ndarray]


def gradient_noise_forward(
    g1: np.ndarray,
    g2: np.ndarray,
    g3: np.ndarray,
    z1: np.ndarray,
    z2: np.ndarray,
    z3: np.ndarray,
    *,
    eta: float,
    gamma: float,
    t: int,
) -> Noisy:
    """Gaussian noise of variance eta / (1 + t)**gamma on the gradients of three parameters.

    Neelakantan et al. 2015 (eta 0.01, 0.3 or 1, gamma 0.55); t is the number of steps before, from
    0. z1, z2, z3 are the standard normal draws, each of its gradient's shape, which may be any; the
    gradients come back as new arrays. In torch: `g + sigma * torch.randn_like(g)`. Raises TypeError
    and ValueError on bad arguments.
    """
    eta, gamma, t = check_noise(eta, gamma, t, g1=g1, g2=g2, g3=g3, z1=z1, z2=z2, z3=z3)
    variance = eta / (1 + t) ** gamma
    sigma = math.sqrt(variance)
    noisy = []
    for g, z in ((g1, z1), (g2, z2), (g3, z3)):
        out = np.empty_like(g)
        for i in np.ndindex(g.shape):
            out[i] = g[i] + sigma * z[i]
        noisy.append(out)
    return noisy[0], noisy[1], noisy[2]
