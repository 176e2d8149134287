"""CIFAR's two file formats: a round trip, torchvision's reading of it, and files that lie."""

from __future__ import annotations

import contextlib
import pickle
import struct
import warnings

import numpy as np
import pytest

from reference.data._pickles import read_plain
from reference.data.cifar import MEAN, STD, find_layout, read_cifar, write_cifar
from reference.data.images import FormatError, Labelled, joined, normalised
from reference.data.synthetic import synthetic_cifar

FORMS = [(classes, form) for classes in (10, 100) for form in ("python", "binary")]


@pytest.fixture(scope="module")
def small():
    return {classes: synthetic_cifar(23, 7, classes, seed=classes) for classes in (10, 100)}


@pytest.mark.parametrize(("classes", "form"), FORMS)
def test_what_is_written_is_read_again(small, tmp_path, classes, form):
    data = small[classes]
    layout = find_layout(classes, form)
    written = list(write_cifar(data, tmp_path, form))
    assert {path.name for path in written} == {*layout.train, layout.test} | {
        file for file, _ in layout.meta
    }
    for folder in (tmp_path, tmp_path / layout.folder):
        again = read_cifar(folder)
        assert (again.names, again.coarse_names) == (data.names, data.coarse_names)
        for ours, theirs in ((again.train, data.train), (again.test, data.test)):
            np.testing.assert_array_equal(ours.images, theirs.images)
            np.testing.assert_array_equal(ours.labels, theirs.labels)
            assert (ours.coarse is None) == (classes == 10)
            if ours.coarse is not None:
                np.testing.assert_array_equal(ours.coarse, theirs.coarse)
            assert ours.file_names == (theirs.file_names if form == "python" else ())


@pytest.mark.parametrize("classes", [10, 100])
def test_torchvision_reads_what_is_written(small, tmp_path, classes, monkeypatch):
    from torchvision.datasets import CIFAR10, CIFAR100, cifar

    monkeypatch.setattr(cifar, "check_integrity", lambda *_: True)  # its sums are of the real set
    list(write_cifar(small[classes], tmp_path, "python"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy 2 has moved what the files name
        loaded = {10: CIFAR10, 100: CIFAR100}[classes](tmp_path, train=True)
    np.testing.assert_array_equal(loaded.data.transpose(0, 3, 1, 2), small[classes].train.images)
    assert loaded.targets == small[classes].train.labels.tolist()
    assert tuple(loaded.classes) == small[classes].names


@pytest.mark.parametrize("encoding", ["latin1", "bytes"])
def test_a_course_s_own_loader_reads_the_pickles(small, tmp_path, encoding):
    *batches, meta = write_cifar(small[10], tmp_path, "python")
    for path in batches:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = pickle.loads(path.read_bytes(), encoding=encoding)
        key = (lambda k: k) if encoding == "latin1" else str.encode
        assert found[key("data")].dtype == np.uint8
        assert len(found[key("labels")]) == len(found[key("data")])
    names = pickle.loads(meta.read_bytes(), encoding="latin1")["label_names"]
    assert tuple(names) == small[10].names


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("order", ["C", "F", "strided"])
def test_pickles_of_every_protocol_are_read(protocol, order):
    array = np.arange(60, dtype=np.uint8).reshape(5, 12)
    array = {"C": array, "F": np.asfortranarray(array), "strided": array[:, ::2]}[order]
    told = {"data": array, "labels": [0, 70, 255, 256, -1, 2**40], "nested": (1, (2, 3.5), None)}
    many = {"many": list(range(3000)), b"bytes": b"\x00\xff", "text": "é", "true": [True, False]}
    again = read_plain(pickle.dumps({**told, **many}, protocol))
    np.testing.assert_array_equal(again.pop("data"), array)
    assert again == {key: value for key, value in {**told, **many}.items() if key != "data"}


class Runs:
    """Pickled, it runs a command when it is loaded."""

    def __reduce__(self):
        return exec, ("raise SystemExit('it ran')",)


def _evil(text: bytes) -> bytes:
    return b"\x80\x02" + text + b"."


HOSTILE = {
    "runs code": (pickle.dumps({"data": Runs()}), "asks for 'builtins.exec'"),
    "runs code, protocol 0": (pickle.dumps(Runs(), 0), r"asks for '__builtin__.exec'"),
    "a class of its own": (_evil(b"(cos\nsystem\nU\x02ls\x81"), "asks for 'os.system'"),
    "an instance": (_evil(b"(U\x02lsios\nsystem\n"), "has the instruction INST"),
    "a new object": (_evil(b"cnumpy\nndarray\nK\x00\x85\x81"), "has the instruction NEWOBJ"),
    "a stored object": (_evil(b"Psomewhere\n"), "has the instruction PERSID"),
    "an extension": (_evil(b"\x82\x01"), "has the instruction EXT1"),
    "a name called": (_evil(b"cnumpy\nndarray\nK\x00\x85R"), "no whole pickle"),
    "a list told": (_evil(b"]K\x01b"), "no whole pickle"),
    "a huge array": (
        _evil(
            b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
            b"(K\x01J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R"
            b"(K\x03U\x01|NNNK\x00K\x00K\x00tb\x89U\x03abctb"
        ),
        "shape .2147483647, 2147483647. holds 3 bytes",
    ),
    "an array of objects": (pickle.dumps({"data": np.array([None])}), "must be of uint8, got 'O8'"),
    "an array of floats": (pickle.dumps({"data": np.ones(3)}), "must be of uint8"),
    "a long text that is not there": (_evil(b"T\xff\xff\xff\x7fabc"), "no whole pickle"),
    "many bytes that are not there": (
        _evil(b"\x96" + struct.pack("<Q", 2**50) + b"abc"),
        "no whole pickle",
    ),
    "a far place": (_evil(b"K\x01r\xff\xff\xff\xff0"), "has the instruction POP"),
    "a nested key": (_evil(b"}" + b")" + 20_000 * b"\x85" + b"K\x01s"), "text or numbers as keys"),
    "a list within itself": (_evil(b"]q\x00h\x00a"), "must hold a dictionary"),
    "nothing": (b"", "no whole pickle"),
    "text": (b"an HTML page, say", "no whole pickle"),
    "an end without a beginning": (_evil(b"u"), "no whole pickle"),
    "two things": (_evil(b"K\x01K\x02"), "no whole pickle"),
    "a digit too many": (_evil(b"I" + b"9" * 5000 + b"\n"), "no whole pickle"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_runs_nothing_and_is_told(small, tmp_path, name):
    raw, sentence = HOSTILE[name]
    list(write_cifar(small[10], tmp_path, "python"))
    path = tmp_path / "cifar-10-batches-py" / "data_batch_3"
    path.write_bytes(raw)
    with pytest.raises(FormatError, match=sentence) as caught:
        read_cifar(tmp_path)
    assert str(caught.value).startswith(f"{path}: ")


def test_no_change_of_a_byte_escapes(small, tmp_path):
    """Whatever bytes change or are missing, a file is read or refused with one kind of error."""
    first, *_ = write_cifar(small[10], tmp_path, "python")
    raw = bytearray(first.read_bytes())
    text = [i for i in range(len(raw)) if i < 150 or i > len(raw) - 250]
    rng = np.random.Generator(np.random.PCG64(0))
    for _ in range(800):
        changed = raw.copy()
        for _ in range(rng.integers(1, 4)):
            changed[rng.choice(text)] = rng.integers(256)
        first.write_bytes(changed[: len(raw) - rng.integers(0, 2) * rng.integers(len(raw))])
        with contextlib.suppress(FormatError):
            read_cifar(tmp_path)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"labels": [1, 2]}, "labels must be a list of 3 ids, one an image, got 2"),
        ({"labels": [1, 2, 10]}, "image 2 is labelled 10, of classes 0 to 9"),
        ({"labels": [1, -2, 1]}, r"labels\[1\] must be the id of a class, got -2"),
        ({"labels": [1, "2", 1]}, r"labels\[1\] must be the id of a class, got '2'"),
        ({"labels": None}, "labels must be a list of 3 ids, one an image, got NoneType"),
        ({"data": np.zeros((3, 3071), np.uint8)}, r"data must be .* \(3, 3071\)"),
        ({"data": np.zeros((0, 3072), np.uint8), "labels": [], "filenames": []}, "no image"),
        ({"data": [1, 2]}, "data must be .* got list"),
        ({"filenames": ["a"]}, "filenames must be a list of 3 names"),
    ],
)
def test_a_batch_that_is_not_right_is_named(small, tmp_path, change, sentence):
    list(write_cifar(small[10], tmp_path, "python"))
    path = tmp_path / "cifar-10-batches-py" / "test_batch"
    batch = {"labels": [1, 2, 3], "data": np.zeros((3, 3072), np.uint8), "filenames": []}
    path.write_bytes(pickle.dumps(batch | change))
    with pytest.raises(FormatError, match=sentence) as caught:
        read_cifar(tmp_path)
    assert str(path) in str(caught.value)


def test_binary_files_that_are_not_right_are_named(small, tmp_path):
    for classes in (10, 100):
        list(write_cifar(small[classes], tmp_path / str(classes), "binary"))
    path = tmp_path / "10" / "cifar-10-batches-bin" / "data_batch_2.bin"
    raw = path.read_bytes()
    for wrong, sentence in (
        (raw[:-1], "no whole number of images of 3073 bytes"),
        (b"\x0b" + raw[1:], "image 0 is labelled 11, of classes 0 to 9"),
        (b"", "no image"),
    ):
        path.write_bytes(wrong)
        with pytest.raises(FormatError, match=f"data_batch_2.bin: .*{sentence}"):
            read_cifar(tmp_path / "10")
    path.unlink()
    with pytest.raises(FormatError, match=r"data_batch_2.bin: it cannot be read: No such file"):
        read_cifar(tmp_path / "10")
    fine = tmp_path / "100" / "cifar-100-binary" / "fine_label_names.txt"
    fine.write_text("one\ntwo\n")
    with pytest.raises(FormatError, match="must name 100 classes, got 2"):
        read_cifar(tmp_path / "100")


def test_a_folder_without_batches_or_with_two_sets_is_told(small, tmp_path):
    with pytest.raises(FormatError, match="is no folder"):
        read_cifar(tmp_path / "absent")
    with pytest.raises(FormatError, match="holds no CIFAR batches"):
        read_cifar(tmp_path)
    list(write_cifar(small[10], tmp_path, "python"))
    list(write_cifar(small[10], tmp_path, "binary"))
    with pytest.raises(FormatError, match="cifar-10-batches-py and cifar-10-batches-bin"):
        read_cifar(tmp_path)


def test_normalised_is_torchvisions(small):
    import torch
    from torchvision.transforms import v2

    images = small[10].train.images
    to_float = v2.Compose([v2.ToDtype(torch.float64, scale=True), v2.Normalize(MEAN, STD)])
    expected = to_float(torch.from_numpy(images)).numpy()
    np.testing.assert_allclose(normalised(images, MEAN, STD), expected, rtol=0, atol=1e-14)
    assert normalised(images, MEAN, STD, "float32").dtype == np.float32
    with pytest.raises(ValueError, match="one a channel, 3, got 1"):
        normalised(images, (0.5,), (0.5,))
    with pytest.raises(ValueError, match="std must be positive"):
        normalised(images, MEAN, (0.5, 0.0, 0.5))


def test_bad_arguments_are_refused(small):
    images = np.zeros((2, 3, 4, 4), np.uint8)
    for arguments, sentence in (
        ((images.astype(float), np.zeros(2, int)), "images must be uint8"),
        ((images[0], np.zeros(3, int)), "images must be uint8"),
        ((images, np.zeros(3, int)), "labels must be one an image, 2, got 3"),
        ((images, np.zeros(2, int), np.zeros(1, int)), "coarse must be one an image, 2, got 1"),
    ):
        with pytest.raises(ValueError, match=sentence):
            Labelled(*arguments)
    with pytest.raises(ValueError, match="at least one"):
        joined([])
    with pytest.raises(ValueError, match="classes must be 10 or 100, got 7"):
        synthetic_cifar(3, 3, 7)
    with pytest.raises(ValueError, match="at least 1 image, got 0 and 3"):
        synthetic_cifar(0, 3)
    with pytest.raises(ValueError, match="python or binary, got 10 png"):
        find_layout(10, "png")


def test_the_synthetic_set_is_the_same_again_and_balanced():
    first, again = (synthetic_cifar(40, 20, seed=3) for _ in range(2))
    np.testing.assert_array_equal(first.train.images, again.train.images)
    assert np.bincount(first.train.labels).tolist() == [4] * 10
    assert np.bincount(first.test.labels).tolist() == [2] * 10
    assert not np.array_equal(first.train.labels, np.arange(40) % 10)
    other = synthetic_cifar(40, 20, seed=4)
    assert not np.array_equal(first.train.images, other.train.images)
