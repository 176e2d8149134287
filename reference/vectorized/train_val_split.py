"""A data set split into training and validation: one permutation, of which both parts are cut."""

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
    n_train = len(x) - n_val
    if not shuffle:
        return x[:n_train].copy(), y[:n_train].copy(), x[n_train:].copy(), y[n_train:].copy()
    train, val = np.split(np.random.default_rng(seed).permutation(len(x)), [n_train])
    return x[train], y[train], x[val], y[val]
