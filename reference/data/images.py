"""Labelled images: what every file format of a data set is read into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from reference._arguments import integers


class FormatError(ValueError):
    """A file of a data set is not what its format says; the message names the file and why."""


@dataclass(frozen=True)
class Labelled:
    """Images (N, C, H, W) uint8, their class ids (N,), and what else their files tell.

    coarse: ids (N,) of the superclasses of CIFAR-100, or None. file_names: one an image, or none
    where the format has none. Raises ValueError where the numbers do not fit together.
    """

    images: np.ndarray
    labels: np.ndarray
    coarse: np.ndarray | None = None
    file_names: tuple[str, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if self.images.dtype != np.uint8 or self.images.ndim != 4:
            shape = self.images.shape
            raise ValueError(f"images must be uint8 (N, C, H, W), got {self.images.dtype} {shape}")
        for name in ("labels", "coarse"):
            ids = getattr(self, name)
            if ids is not None and integers(name, ids, "N").shape != (len(self.images),):
                raise ValueError(f"{name} must be one an image, {len(self)}, got {len(ids)}")

    def __len__(self) -> int:
        return len(self.images)


def joined(parts: Sequence[Labelled]) -> Labelled:
    """The parts one after the other. Raises ValueError where there is none."""
    if not parts:
        raise ValueError("parts must be at least one, got none")
    coarse = [part.coarse for part in parts if part.coarse is not None]
    return Labelled(
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate(coarse) if len(coarse) == len(parts) else None,
        tuple(name for part in parts for name in part.file_names),
    )


def normalised(
    images: np.ndarray, mean: Sequence[float], std: Sequence[float], dtype: str = "float64"
) -> np.ndarray:
    """(images / 255 - mean) / std, channel by channel, as torchvision's ToTensor and Normalize.

    images (N, C, H, W) uint8; mean and std (C,), std positive. Raises ValueError.
    """
    if not len(mean) == len(std) == images.shape[1]:
        raise ValueError(f"mean and std must be one a channel, {images.shape[1]}, got {len(mean)}")
    if min(std) <= 0:
        raise ValueError(f"std must be positive, got {tuple(std)}")
    m, s = (np.asarray(v, dtype).reshape(-1, 1, 1) for v in (mean, std))
    return (images.astype(dtype) / 255 - m) / s
