"""Folds for cross-validation, one sample at a time."""

from __future__ import annotations

import numpy as np

from reference._split_arguments import check_k_fold


def k_fold_forward(
    x: np.ndarray, *, k: int = 5, shuffle: bool = False, seed: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """`sklearn.model_selection.KFold`: (train, val), bool masks (k, N) of samples x (N, ...).

    Each sample is validated in one fold and trained on in all others. Folds follow one another in
    the order of the samples, the first N % k of them with one sample more; with `shuffle` in an
    order drawn from a generator of its own, seeded with `seed` (None: by the system). k is from 2
    to N. Raises TypeError and ValueError on bad arguments.
    """
    N, k = check_k_fold(x, k, shuffle, seed)
    order = np.arange(N)
    if shuffle:
        np.random.default_rng(seed).shuffle(order)
    val = np.zeros((k, N), bool)
    start = 0
    for fold in range(k):
        size = N // k + (fold < N % k)
        for n in order[start : start + size]:
            val[fold, n] = True
        start += size
    return ~val, val
