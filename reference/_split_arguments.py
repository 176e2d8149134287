"""The checked arguments of splits and samplers of a data set, shared by both paths."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._arguments import array, boolean, integer, integers, number, shaped
from reference._image_arguments import check_seed


def check_samples(x: Any, y: Any, fewest: int) -> int:
    """The number of samples x (N, ...) with class ids y (N,). Raises TypeError or ValueError."""
    if not isinstance(x, np.ndarray):
        raise TypeError(f"x must be a NumPy array, got {type(x).__name__}")
    if x.ndim < 1 or len(x) < fewest:
        raise ValueError(f"x must hold at least {fewest} samples, got shape {x.shape}")
    shaped("y", integers("y", y), x.shape[:1])
    return len(x)


def check_fraction(val_fraction: Any) -> float:
    """A fraction above 0 and below 1. Raises TypeError or ValueError naming it."""
    if not 0 < number("val_fraction", val_fraction) < 1:
        raise ValueError(f"val_fraction must be above 0 and below 1, got {val_fraction}")
    return float(val_fraction)


def check_train_val_split(x: Any, y: Any, val_fraction: Any, shuffle: Any, seed: Any) -> int:
    """How many samples are for validation: one at least, and one less than all at most."""
    N = check_samples(x, y, 2)
    fraction = check_fraction(val_fraction)
    boolean("shuffle", shuffle)
    check_seed(seed)
    return min(max(share_of(N, fraction), 1), N - 1)


def check_stratified_split(x: Any, y: Any, val_fraction: Any, seed: Any) -> float:
    """The fraction. Raises TypeError or ValueError naming the bad argument."""
    check_samples(x, y, 1)
    check_seed(seed)
    return check_fraction(val_fraction)


def share_of(samples: int, fraction: float) -> int:
    """How many samples a fraction of them is, to the nearest."""
    return int(samples * fraction + 0.5)


def check_k_fold(x: Any, k: Any, shuffle: Any, seed: Any) -> tuple[int, int]:
    """The number of samples and of folds. Raises TypeError or ValueError on a bad argument."""
    if not isinstance(x, np.ndarray):
        raise TypeError(f"x must be a NumPy array, got {type(x).__name__}")
    if x.ndim < 1:
        raise ValueError("x must have at least one dimension, got ()")
    if integer("k", k, 2) > len(x):
        raise ValueError(f"k must be at most {len(x)}, the number of samples, got {k}")
    boolean("shuffle", shuffle)
    check_seed(seed)
    return len(x), int(k)


def check_weighted_sampler(weights: Any, num_samples: Any, replacement: Any, seed: Any) -> int:
    """The number of samples to draw. Raises TypeError or ValueError on a bad argument."""
    array("weights", weights, "N")
    wrong = weights[~((weights >= 0) & (weights < np.inf))]
    if wrong.size:
        raise ValueError(f"weights must be finite and at least 0, got {wrong[0]}")
    positive = int((weights > 0).sum())
    if not positive:
        raise ValueError("weights must have one above 0, got none")
    count = integer("num_samples", num_samples, 0)
    if not boolean("replacement", replacement) and count > positive:
        raise ValueError(
            f"num_samples must be at most {positive} without replacement, the number of weights "
            f"above 0, got {count}"
        )
    check_seed(seed)
    return count


def check_oversample(x: Any, y: Any, seed: Any) -> None:
    """Raises TypeError or ValueError naming the bad argument."""
    check_samples(x, y, 1)
    check_seed(seed)
