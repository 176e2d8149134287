"""CIFAR's python format: a pickled dictionary a batch, as Python 2 wrote it (protocol 2).

`data` is a uint8 array (N, 3072), a row an image: 1,024 reds, greens and blues, each row by row;
`labels` is a list of N ids, or `fine_labels` and `coarse_labels`; `filenames` is a list of N names.
Source: the page of the data set, https://www.cs.toronto.edu/~kriz/cifar.html.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from reference.data._pickles import read_plain
from reference.data.images import FormatError, Labelled

SHAPE = (3, 32, 32)
MANY = 1000  # elements of a list that Python 2 appended at once


def read_batch(raw: bytes) -> Labelled:
    """The images of a pickled batch. Raises FormatError."""
    found = _named(raw)
    data = found.get("data")
    if not isinstance(data, np.ndarray) or data.ndim != 2 or data.shape[1] != 3072:
        shape = data.shape if isinstance(data, np.ndarray) else type(data).__name__
        raise FormatError(f"data must be a uint8 array (N, 3072), got {shape}")
    fine = "fine_labels" if "fine_labels" in found else "labels"
    count = len(data)
    labels = _ids(found, fine, count)
    coarse = _ids(found, "coarse_labels", count) if "coarse_labels" in found else None
    names = found.get("filenames", [])
    if not isinstance(names, list) or len(names) not in (0, count):
        raise FormatError(f"filenames must be a list of {count} names")
    return Labelled(data.reshape(count, *SHAPE), labels, coarse, tuple(map(_text, names)))


def read_names(raw: bytes, key: str) -> list[str]:
    """The names of the classes, in a file of what the batches have in common."""
    names = _named(raw).get(key)
    if not isinstance(names, list):
        raise FormatError(f"{key} must be a list of names, got {type(names).__name__}")
    return list(map(_text, names))


def _named(raw: bytes) -> dict[str, Any]:
    found = read_plain(raw)
    if not isinstance(found, dict):
        raise FormatError(f"it must hold a dictionary, got {type(found).__name__}")
    return {_text(key): value for key, value in found.items()}


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _ids(found: Mapping[str, Any], key: str, count: int) -> np.ndarray:
    ids = found.get(key)
    if isinstance(ids, np.ndarray):
        ids = ids.tolist()
    if not isinstance(ids, list) or len(ids) != count:
        length = len(ids) if isinstance(ids, list) else type(ids).__name__
        raise FormatError(f"{key} must be a list of {count} ids, one an image, got {length}")
    for place, label in enumerate(ids):
        if type(label) is not int or not 0 <= label < 1000:
            raise FormatError(f"{key}[{place}] must be the id of a class, got {label!r:.40}")
    return np.array(ids, np.int64)


def write_batch(batch: Labelled, label: str) -> bytes:
    """A pickled batch, as the data set has it; `label` says which batch it is."""
    data = batch.images.reshape(len(batch), -1)
    ids: dict[str, Any] = {"labels": batch.labels.tolist()}
    if batch.coarse is not None:
        ids = {"fine_labels": ids["labels"], "coarse_labels": batch.coarse.tolist()}
    return write_dictionary(
        {"batch_label": label, **ids, "data": data, "filenames": list(batch.file_names)}
    )


def write_dictionary(value: Mapping[str, Any]) -> bytes:
    """A dictionary of text, numbers, lists of these and uint8 arrays, as Python 2 pickled it.

    Its text is of Python 2's `str`, which `pickle` of Python 3 cannot write: read with
    `encoding="latin1"` it is text, with `encoding="bytes"` it is bytes.
    """
    pairs = (_written(key) + _written(entry) for key, entry in value.items())
    return b"\x80\x02}(" + b"".join(pairs) + b"u."


def _written(value: Any) -> bytes:
    if isinstance(value, str):
        return _written_text(value.encode("latin-1"))
    if isinstance(value, int):
        return _written_int(value)
    if isinstance(value, np.ndarray):
        return b"".join(_written_array(value))
    return b"]" + b"".join(_written_elements(value))


def _written_text(raw: bytes) -> bytes:
    if len(raw) < 256:
        return b"U" + bytes([len(raw)]) + raw
    return b"T" + struct.pack("<i", len(raw)) + raw


def _written_int(value: int) -> bytes:
    if 0 <= value < 256:
        return b"K" + bytes([value])
    return b"J" + struct.pack("<i", value)


def _written_elements(values: Sequence[Any]) -> Iterator[bytes]:
    for start in range(0, len(values), MANY):
        yield b"(" + b"".join(map(_written, values[start : start + MANY])) + b"e"


def _written_array(array: np.ndarray) -> Iterator[bytes]:
    """NumPy's own way in protocol 2: an empty array, then its shape, type, order and bytes."""
    yield b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
    yield b"(K\x01" + b"".join(map(_written_int, array.shape)) + b"\x86"
    yield b"cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R"
    yield b"(K\x03U\x01|NNN" + 2 * _written_int(-1) + b"K\x00tb"
    yield b"\x89" + _written_text(array.tobytes()) + b"tb"
