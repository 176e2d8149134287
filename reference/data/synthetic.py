"""Small images that can be learnt: each class has a pattern of its own, moved and disturbed."""

from __future__ import annotations

import numpy as np

from reference.data.cifar import CLASSES, Cifar
from reference.data.images import Labelled

SIZE = 32
COARSE = 20  # superclasses of 100 classes


def synthetic_cifar(train: int, test: int, classes: int = 10, seed: int = 0) -> Cifar:
    """Images (N, 3, 32, 32) of 10 or 100 classes, about as many of each, in random order.

    The pattern of a class is a sum of a few waves a channel; an image is it, shifted by up to four
    pixels either way, under noise of half its spread. Raises ValueError.
    """
    if classes not in (10, 100):
        raise ValueError(f"classes must be 10 or 100, got {classes}")
    if min(train, test) < 1:
        raise ValueError(f"train and test must be at least 1 image, got {train} and {test}")
    rng = np.random.Generator(np.random.PCG64(seed))
    patterns = np.stack([_pattern(rng) for _ in range(classes)])
    names = CLASSES if classes == 10 else [f"class_{i}" for i in range(classes)]
    coarse = [f"superclass_{i}" for i in range(COARSE)] if classes == 100 else []
    of_train, of_test = (_drawn(rng, patterns, count, names) for count in (train, test))
    return Cifar(of_train, of_test, tuple(names), tuple(coarse))


def _pattern(rng: np.random.Generator) -> np.ndarray:
    """(3, 32, 32), of spread 1."""
    y, x = np.mgrid[:SIZE, :SIZE] * (2 * np.pi / SIZE)
    waves = np.zeros((3, SIZE, SIZE))
    for channel in waves:
        for _ in range(3):
            across, down = rng.integers(-3, 4, 2)
            channel += np.cos(across * x + down * y + rng.uniform(0, 2 * np.pi))
    return waves / max(float(waves.std()), 1e-6)


def _drawn(
    rng: np.random.Generator, patterns: np.ndarray, count: int, names: list[str]
) -> Labelled:
    labels = rng.permutation(np.arange(count) % len(patterns))
    images = np.empty((count, 3, SIZE, SIZE), np.uint8)
    for i, label in enumerate(labels):
        moved = np.roll(patterns[label], tuple(rng.integers(-4, 5, 2)), axis=(1, 2))
        noisy = 128 + 48 * (moved + 0.5 * rng.standard_normal(moved.shape))
        images[i] = np.clip(np.round(noisy), 0, 255)
    coarse = labels // (len(patterns) // COARSE) if len(patterns) == 100 else None
    file_names = tuple(f"{names[label]}_s_{i:06d}.png" for i, label in enumerate(labels))
    return Labelled(images, labels, coarse, file_names)
