"""A data set split into training and validation class by class."""

from __future__ import annotations

import numpy as np

from reference._split_arguments import check_stratified_split, share_of


def stratified_split_forward(
    x: np.ndarray, y: np.ndarray, *, val_fraction: float = 0.2, seed: int | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """`torch.utils.data.random_split` of each class into two parts: x_train, y_train, x_val, y_val.

    x (N, ...) of N >= 1 samples, y (N,) their class ids, any integers. Of each class validation
    gets the `val_fraction`, to the nearest sample, drawn from a generator of its own, seeded with
    `seed` (None: by the system). Raises TypeError and ValueError on bad arguments.
    """
    fraction = check_stratified_split(x, y, val_fraction, seed)
    rng = np.random.default_rng(seed)
    train: list[int] = []
    val: list[int] = []
    for c in sorted(set(y.tolist())):
        members = [n for n in range(len(y)) if y[n] == c]
        rng.shuffle(members)
        n_val = share_of(len(members), fraction)
        val += members[:n_val]
        train += members[n_val:]
    rng.shuffle(train)
    rng.shuffle(val)
    train_ids, val_ids = np.array(train, int), np.array(val, int)
    return x[train_ids], y[train_ids], x[val_ids], y[val_ids]
