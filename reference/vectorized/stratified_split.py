"""A data set split into training and validation class by class.

One permutation serves all classes: sorted by class it stays random within each, and a sample's
rank within its class says on which side it is.
"""

from __future__ import annotations

import numpy as np

from reference._split_arguments import check_stratified_split


def stratified_split_forward(
    x: np.ndarray, y: np.ndarray, *, val_fraction: float = 0.2, seed: int | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """`torch.utils.data.random_split` of each class into two parts: x_train, y_train, x_val, y_val.

    x (N, ...) of N >= 1 samples, y (N,) their class ids, any integers. Of each class validation
    gets the `val_fraction`, to the nearest sample, drawn from a generator of its own, seeded with
    `seed` (None: by the system). Raises TypeError and ValueError on bad arguments.
    """
    fraction = check_stratified_split(x, y, val_fraction, seed)
    order = np.random.default_rng(seed).permutation(len(x))
    _, classes, counts = np.unique(y[order], return_inverse=True, return_counts=True)
    by_class = np.argsort(classes, kind="stable")
    ranks = np.empty(len(x), int)
    ranks[by_class] = np.arange(len(x)) - np.repeat(np.cumsum(counts) - counts, counts)
    in_val = ranks < (counts * fraction + 0.5).astype(int)[classes]
    train, val = order[~in_val], order[in_val]
    return x[train], y[train], x[val], y[val]
