"""Annealed noise added to gradients, each gradient at once."""

from __future__ import annotations

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
    sigma = eta**0.5 * (1.0 + t) ** (-gamma / 2)
    n1, n2, n3 = (np.asarray(g + sigma * z) for g, z in ((g1, z1), (g2, z2), (g3, z3)))
    return n1, n2, n3
