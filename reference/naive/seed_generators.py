"""Seeds for the generators of workers that load data, one at a time."""

from __future__ import annotations

import numpy as np

from reference._seed_arguments import SPAN, check_seed_generators


def seed_generators_forward(initial: np.ndarray, *, generators: int = 1) -> np.ndarray:
    """What a `worker_init_fn` seeds other generators than torch's with, as torch's notes advise.

    initial (E, W) is `torch.initial_seed()` in each of W workers in each of E epochs: a DataLoader
    draws a seed for the epoch, of up to 63 bits, and adds the worker's number. Returns (G, E, W)
    seeds below 2**32 for each of `generators`, such as `random` and `np.random`. Raises TypeError
    and ValueError on bad arguments.
    """
    G = check_seed_generators(initial, generators)
    E, W = initial.shape
    seeds = np.zeros((G, E, W), np.int64)
    for g in range(G):
        for e in range(E):
            for w in range(W):
                seeds[g, e, w] = int(initial[e, w]) % SPAN
    return seeds
