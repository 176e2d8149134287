"""A data set split into training and validation, one sample at a time."""

from __future__ import annotations

import numpy as np

from reference._split_arguments import check_train_val_split


def train_val_split_forward(
    x: np.ndarray,
    y: np.ndarray,
    *,
    val_fraction: float = 0.2,
    shuffle: bool = True,
    seed: int | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """`torch.utils.data.random_split` into two parts: (x_train, y_train, x_val, y_val).

    x (N, ...) of N >= 2 samples, y (N,) their class ids. Validation gets N times `val_fraction`
    samples, to the nearest, and each part at least one. With `shuffle` the parts are drawn from a
    generator of its own, seeded with `seed` (None: by the system); without, validation is what
    comes last. Raises TypeError and ValueError on bad arguments.
    """
    n_val = check_train_val_split(x, y, val_fraction, shuffle, seed)
    order = list(range(len(x)))
    if shuffle:
        rng = np.random.default_rng(seed)
        for last in range(len(x) - 1, 0, -1):
            other = rng.integers(0, last + 1)
            order[last], order[other] = order[other], order[last]
    n_train = len(x) - n_val
    train, val = order[:n_train], order[n_train:]
    return x[train], y[train], x[val], y[val]
