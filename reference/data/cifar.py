"""CIFAR-10 and CIFAR-100, read from and written in both of their file formats.

Nothing that a file says is run, and whatever is wrong in one is said with its name.
Source: Krizhevsky, Learning Multiple Layers of Features from Tiny Images (2009), and
https://www.cs.toronto.edu/~kriz/cifar.html for the formats.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reference.data import _binary_batches as binary
from reference.data import _python_batches as python
from reference.data.images import FormatError, Labelled, joined

MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
"""Of the 50,000 training images of CIFAR-10, by channel, after division by 255."""

CLASSES = "airplane automobile bird cat deer dog frog horse ship truck".split()
LARGEST = 2**30  # bytes of a file; the largest of the data sets has 155 million


@dataclass(frozen=True)
class Cifar:
    """Both parts of a data set, and the names of its classes (and superclasses, or none)."""

    train: Labelled
    test: Labelled
    names: tuple[str, ...]
    coarse_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layout:
    """The files of a data set in one format.

    folder: what its archive unpacks to. meta: of each list of names, its file and its key there.
    """

    classes: int
    form: str
    folder: str
    train: tuple[str, ...]
    test: str
    meta: tuple[tuple[str, str], ...]

    def read(self, raw: bytes) -> Labelled:
        if self.form == "binary":
            return binary.read_batch(raw, len(self.meta))
        return python.read_batch(raw)

    def read_names(self, raw: bytes, key: str) -> list[str]:
        if self.form == "binary":
            return raw.decode("latin-1").split()
        return python.read_names(raw, key)

    def write(self, batch: Labelled, label: str) -> bytes:
        if self.form == "binary":
            return binary.write_batch(batch)
        return python.write_batch(batch, label)

    def write_names(self, names: dict[str, list[str]]) -> dict[str, bytes]:
        """The files of what the batches have in common, by name; `names` is by key."""
        if self.form == "binary":
            return {file: "\n".join([*names[key], ""]).encode() for file, key in self.meta}
        return {self.meta[0][0]: python.write_dictionary(names)}


FIVE = tuple(f"data_batch_{i}" for i in range(1, 6))
FIVE_BINARY = tuple(f"{name}.bin" for name in FIVE)
LABELS, FINE, COARSE = "label_names", "fine_label_names", "coarse_label_names"
LAYOUTS = (
    Layout(10, "python", "cifar-10-batches-py", FIVE, "test_batch", (("batches.meta", LABELS),)),
    Layout(
        10,
        "binary",
        "cifar-10-batches-bin",
        FIVE_BINARY,
        "test_batch.bin",
        (("batches.meta.txt", LABELS),),
    ),
    Layout(
        100, "python", "cifar-100-python", ("train",), "test", (("meta", FINE), ("meta", COARSE))
    ),
    Layout(
        100,
        "binary",
        "cifar-100-binary",
        ("train.bin",),
        "test.bin",
        ((f"{FINE}.txt", FINE), (f"{COARSE}.txt", COARSE)),
    ),
)


def find_layout(classes: int, form: str) -> Layout:
    """That of 10 or 100 classes, "python" or "binary". Raises ValueError."""
    for layout in LAYOUTS:
        if (layout.classes, layout.form) == (classes, form):
            return layout
    raise ValueError(f"classes and form must be 10 or 100, python or binary, got {classes} {form}")


def read_cifar(folder: Path) -> Cifar:
    """A data set from the folder that its archive unpacks to, or from the one around that.

    Raises FormatError, which names the file that is missing, truncated or not what it should be.
    """
    folder, layout = _found(folder)
    train = joined([_batch(folder / name, layout) for name in layout.train])
    test = _batch(folder / layout.test, layout)
    names = [tuple(_names(folder / file, layout, key)) for file, key in layout.meta]
    return Cifar(train, test, *names)


def _found(folder: Path) -> tuple[Path, Layout]:
    """Where the batches are, and in which format. Raises FormatError."""
    if not folder.is_dir():
        raise FormatError(f"{folder} is no folder")
    there = [
        (place, layout)
        for layout in LAYOUTS
        for place in (folder, folder / layout.folder)
        if (place / layout.test).is_file()
    ]
    if not there:
        tests = ", ".join(layout.test for layout in LAYOUTS)
        raise FormatError(f"{folder} holds no CIFAR batches: none of {tests}")
    if len(there) > 1:
        several = " and ".join(layout.folder for _, layout in there)
        raise FormatError(f"{folder} holds several data sets, {several}: name one of them")
    return there[0]


def _batch(path: Path, layout: Layout) -> Labelled:
    try:
        batch = layout.read(_bytes(path))
        if not len(batch):
            raise FormatError("it holds no image")
        _check_ids(batch.labels, layout.classes)
        if layout.classes == 100 and batch.coarse is None:
            raise FormatError("it has no coarse_labels")
        if batch.coarse is not None:
            _check_ids(batch.coarse, 20)
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from None
    return batch


def _check_ids(ids: np.ndarray, classes: int) -> None:
    if ids.max() >= classes:
        place = int(np.argmax(ids >= classes))
        raise FormatError(f"image {place} is labelled {ids[place]}, of classes 0 to {classes - 1}")


def _names(path: Path, layout: Layout, key: str) -> list[str]:
    try:
        names = layout.read_names(_bytes(path), key)
        wanted = 20 if key == COARSE else layout.classes
        if len(names) != wanted:
            raise FormatError(f"it must name {wanted} classes, got {len(names)}")
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from None
    return names


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            raise FormatError(f"it is larger than {LARGEST // 2**20} MB")
        return path.read_bytes()
    except OSError as error:
        raise FormatError(f"it cannot be read: {error.strerror}") from None


def write_cifar(data: Cifar, folder: Path, form: str) -> Iterator[Path]:
    """Write a data set as its archive unpacks, yielding each file; training images are shared out.

    Raises ValueError where the names are not 10, or 100 and 20; OSError.
    """
    layout = find_layout(len(data.names), form)
    where = folder / layout.folder
    where.mkdir(parents=True)
    shares = np.array_split(np.arange(len(data.train)), len(layout.train))
    labels = [f"training batch {i + 1} of {len(shares)}" for i in range(len(shares))]
    parts = [*(_part(data.train, share) for share in shares), data.test]
    for name, part, label in zip(
        (*layout.train, layout.test), parts, (*labels, "testing batch 1 of 1"), strict=True
    ):
        (where / name).write_bytes(layout.write(part, label))
        yield where / name
    lists = [list(data.names), list(data.coarse_names)]
    named = {key: names for (_, key), names in zip(layout.meta, lists, strict=False)}
    for name, raw in layout.write_names(named).items():
        (where / name).write_bytes(raw)
        yield where / name


def _part(data: Labelled, rows: np.ndarray) -> Labelled:
    coarse = None if data.coarse is None else data.coarse[rows]
    names = tuple(data.file_names[i] for i in rows) if data.file_names else ()
    return Labelled(data.images[rows], data.labels[rows], coarse, names)
