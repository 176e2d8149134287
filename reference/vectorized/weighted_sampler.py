"""Samples drawn with probabilities in proportion to weights.

With replacement one search finds all draws in the cumulated weights. Without, each sample waits
for an exponential time divided by its weight, and the first to come are taken (Efraimidis and
Spirakis, 2006).
"""

from __future__ import annotations

import numpy as np

from reference._split_arguments import check_weighted_sampler


def weighted_sampler_forward(
    weights: np.ndarray, *, num_samples: int, replacement: bool = True, seed: int | None = None
) -> np.ndarray:
    """`torch.utils.data.WeightedRandomSampler`: ids (num_samples,) int64 of what is drawn.

    weights (N,) at least 0, not all 0, of any sum. Each draw takes a sample with a probability in
    proportion to its weight; without `replacement` among those that are left. The generator is its
    own, seeded with `seed` (None: by the system). Raises TypeError and ValueError on bad arguments.
    """
    count = check_weighted_sampler(weights, num_samples, replacement, seed)
    rng = np.random.default_rng(seed)
    if replacement:
        reached = np.cumsum(weights, dtype=np.float64)
        draws = np.searchsorted(reached, rng.random(count) * reached[-1], side="right")
        return draws.astype(np.int64)
    there = np.flatnonzero(weights)
    times = rng.standard_exponential(len(there)) / weights[there]
    return there[np.argsort(times)[:count]].astype(np.int64)
