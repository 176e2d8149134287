"""`layerproof data make` and `layerproof data check`, and the images that a training run sees."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import numpy as np

from candidates.errors import UsageError
from reference.data.cifar import Cifar, find_layout, read_cifar, write_cifar
from reference.data.images import FormatError, Labelled
from reference.data.synthetic import synthetic_cifar


def make(options: argparse.Namespace) -> int:
    """Write a synthetic set where there is none. The exit status."""
    where = options.folder / find_layout(options.classes, options.format).folder
    if where.exists():
        raise UsageError(f"{where} is there already")
    data = synthetic_cifar(options.train, options.test, options.classes, options.seed)
    try:
        for path in write_cifar(data, options.folder, options.format):
            print(f"wrote {path} ({path.stat().st_size:,} bytes)")
    except OSError as error:
        raise UsageError(f"{where} cannot be written: {error.strerror}") from None
    except KeyboardInterrupt:
        shutil.rmtree(where, ignore_errors=True)  # half a set would only be refused later
        raise
    return 0


def check(options: argparse.Namespace) -> int:
    """Say what a set holds. The exit status; a set that cannot be read is a UsageError."""
    data = read(options.folder)
    for name, part in (("train", data.train), ("test", data.test)):
        print(f"{name}: {len(part):,} images {part.images.shape[1:]}, {_counts(part, data)}")
    return 0


def _counts(part: Labelled, data: Cifar) -> str:
    counts = np.bincount(part.labels, minlength=len(data.names))
    if len(counts) > 10 or len(set(counts)) == 1:
        return f"{counts.min()} to {counts.max()} of each of {len(counts)} classes"
    return ", ".join(f"{count} {name}" for count, name in zip(counts, data.names, strict=True))


def read(folder: Path) -> Cifar:
    """A set of images. Raises UsageError, which names the file that is not right."""
    try:
        return read_cifar(folder)
    except FormatError as error:
        raise UsageError(str(error)) from None
