"""Rare classes repeated until all are as frequent as the largest, one sample at a time."""

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
    rng = np.random.default_rng(seed)
    classes = sorted(set(y.tolist()))
    counts = {c: sum(y[n] == c for n in range(len(y))) for c in classes}
    most = max(counts.values())
    chosen = list(range(len(y)))
    for c in classes:
        members = [n for n in range(len(y)) if y[n] == c]
        for _ in range(most - len(members)):
            chosen.append(members[rng.integers(0, len(members))])
    return x[chosen], y[chosen]
