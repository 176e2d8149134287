"""Rare classes repeated until all are as frequent as the largest.

Sorted by class, the members of one lie side by side: what is added to all classes is one draw of
places, each within its own stretch.
"""

from __future__ import annotations

import numpy as np

from reference._split_arguments import check_oversample


def oversample_forward(
    x: np.ndarray, y: np.ndarray, *, seed: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """`torch.utils.data.RandomSampler` of each rare class: (x, y) with as many samples of each.

    x (N, ...) of N >= 1 samples, y (N,) their class ids, any integers. All N samples come first, as
    they are; then of each class samples drawn with replacement, until it has as many as the largest
    class, from a generator of its own, seeded with `seed` (None: by the system). Raises TypeError
    and ValueError on bad arguments.
    """
    check_oversample(x, y, seed)
    _, counts = np.unique(y, return_counts=True)
    missing = counts.max() - counts
    within = np.random.default_rng(seed).integers(0, np.repeat(counts, missing))
    places = np.repeat(np.cumsum(counts) - counts, missing) + within
    chosen = np.concatenate([np.arange(len(y)), np.argsort(y, kind="stable")[places]])
    return x[chosen], y[chosen]
