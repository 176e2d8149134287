"""Samples drawn with probabilities in proportion to weights, one at a time."""

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
    left = weights.astype(np.float64)
    out = np.zeros(count, np.int64)
    for draw in range(count):
        reached = np.cumsum(left)
        out[draw] = np.argmax(reached > rng.random() * reached[-1])
        if not replacement:
            left[out[draw]] = 0.0
    return out
