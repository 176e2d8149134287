"""CIFAR's binary format: the ids of an image's classes in a byte each, then its 3,072 bytes.

CIFAR-10 has one id an image, CIFAR-100 two, the superclass first. The bytes are 1,024 reds, greens
and blues, each row by row. Source: https://www.cs.toronto.edu/~kriz/cifar.html.
"""

from __future__ import annotations

import numpy as np

from reference.data.images import FormatError, Labelled

SHAPE = (3, 32, 32)


def read_batch(raw: bytes, ids: int) -> Labelled:
    """The images of a batch with `ids` (1 or 2) bytes of ids each. Raises FormatError."""
    length = ids + int(np.prod(SHAPE))
    if len(raw) % length:
        raise FormatError(f"its {len(raw)} bytes are no whole number of images of {length} bytes")
    rows = np.frombuffer(raw, np.uint8).reshape(-1, length)
    labels = rows[:, :ids].astype(np.int64)
    images = rows[:, ids:].reshape(-1, *SHAPE)
    return Labelled(images, labels[:, -1], labels[:, 0] if ids == 2 else None)


def write_batch(batch: Labelled) -> bytes:
    """The bytes of a batch; ids must be below 256."""
    labels = [batch.labels] if batch.coarse is None else [batch.coarse, batch.labels]
    columns = [np.stack(labels, axis=1).astype(np.uint8), batch.images.reshape(len(batch), -1)]
    return np.concatenate(columns, axis=1).tobytes()
