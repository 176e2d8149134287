"""The checked samples of a data set, shared by both paths."""

from __future__ import annotations

from typing import Any

import numpy as np


def check_dataset(dataset: Any) -> int:
    """How many samples there are. Raises TypeError for what has no length or no samples."""
    if not hasattr(dataset, "__len__") or not hasattr(dataset, "__getitem__"):
        raise TypeError(
            f"dataset must have a length and samples by number, got {type(dataset).__name__}"
        )
    return len(dataset)


def check_sample(n: int, sample: Any) -> None:
    """Raises TypeError for what is no pair of an array and an int."""
    if not isinstance(sample, tuple) or len(sample) != 2:
        found = f"a tuple of {len(sample)}" if isinstance(sample, tuple) else type(sample).__name__
        raise TypeError(f"dataset[{n}] must be a pair (x, y) or None, got {found}")
    for name, value, kinds, said in (
        ("x", sample[0], np.ndarray, "a NumPy array"),
        ("y", sample[1], (int, np.integer), "an int"),
    ):
        if not isinstance(value, kinds):
            raise TypeError(f"{name} of dataset[{n}] must be {said}, got {type(value).__name__}")


def check_alike(n: int, x: np.ndarray, first: np.ndarray) -> None:
    """Raises ValueError for an array of another shape than the first."""
    if x.shape != first.shape:
        raise ValueError(f"x of dataset[{n}] must have shape {first.shape}, got {x.shape}")
