"""Images normalised and made floating-point by free functions: right, wrong, and left."""

from __future__ import annotations

import pytest

from tests.in_process import failures, failures_of, load, passed_over, spellings

HEAD = "import numpy as np\n"
COLUMNS = "def normalize(x, mean, std): return (x - mean{0}) / std{0}\n"
BYTES = """
def normalize(img, mean, std):
    img = img.astype(np.float32) / 255.0
    return ((img - np.array(mean)) / np.array(std)).transpose(2, 0, 1)
"""
EACH = """
def normalize_image(image, means, stds):
    out = np.empty_like(image)
    for c in range(3):
        out[:, c] = (image[:, c] - means[c]) / stds[c]
    return out
"""
RIGHT = {
    "channels last": COLUMNS.format(""),
    "channels first": COLUMNS.format("[:, None, None]"),
    "channels first, of columns": "def normalize(x, mean, std):\n"
    "    assert mean.shape == (len(x), 1, 1)\n    return (x - mean) / std",
    "channels first afterwards, of bytes": BYTES,
    "batches, channels first": EACH,
}


def judged(tmp_path, source, *properties, convention="numpy-course"):
    return failures_of(tmp_path, HEAD + source, *properties, convention=convention, examples=40)


@pytest.mark.parametrize("words", RIGHT)
def test_right_ones_pass(tmp_path, words):
    module = load(tmp_path, HEAD + RIGHT[words])
    (spelling,) = spellings(module, "numpy-course").values()
    assert spelling.promised(spelling.told(module)).differs == words
    assert judged(tmp_path, RIGHT[words]) == {}


@pytest.mark.parametrize(
    ("words", "old", "new", "found"),
    [
        ("channels last", "- mean", "+ mean", "forward"),
        ("channels last", "/ std", "/ std**2", "forward"),
        ("channels first", "std[:, None, None]", "std[0]", "forward"),
        ("batches, channels first", "np.empty_like(image)", "image", "side_effects"),
        ("batches, channels first", "means[c]", "means[0]", "forward"),
    ],
)
def test_wrong_ones_fail(tmp_path, words, old, new, found):
    assert old in RIGHT[words]
    assert found in judged(tmp_path, RIGHT[words].replace(old, new), "forward", "side_effects")


TO_TENSOR = """
def to_tensor(image):
    return np.moveaxis(image, -1, 0) / 255.0
"""


def test_bytes(tmp_path):
    assert judged(tmp_path, TO_TENSOR) == {}
    assert judged(tmp_path, TO_TENSOR.replace("255.0", "254.0"), "forward")
    mirrored = TO_TENSOR.replace("-1, 0)", "-1, 0)[:, ::-1]")
    assert judged(tmp_path, mirrored, "forward")


LEFT = {
    "for a tiny input its channels stay last": "def to_tensor(x): return x / 255",
    "for a tiny input it does not divide by 255": "def to_tensor(x): return x.transpose(2, 0, 1)",
    "its parameter max_pixel_value is not known": (
        "def normalize(img, mean, std, max_pixel_value=255.0): return img"
    ),
    "no parameter of it is known to be mean": "def normalize_image(image): return image / 255",
}


@pytest.mark.parametrize("why", LEFT)
def test_what_is_left_is_said(tmp_path, why):
    module = load(tmp_path, HEAD + LEFT[why])
    reasons = passed_over(module, "numpy-course")
    assert why in reasons
    assert not spellings(module, "numpy-course")


TENSORS = """
import torch

def normalize(image, mean, std):
    mean, std = (torch.as_tensor(v).view(-1, 1, 1) for v in (mean, std))
    return (image - mean) / std

def to_tensor(image):
    return torch.from_numpy(image.transpose((2, 0, 1)).copy()).float() / 255
"""


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [("", "", None), ("- mean", "- mean[0]", "normalize"), ("/ 255", "/ 250", "to_tensor")],
)
def test_on_tensors(tmp_path, old, new, wrong):
    module = load(tmp_path, TENSORS.replace(old, new) if old else TENSORS)
    found = spellings(module, "torch")
    assert set(found) == {"normalize", "to_tensor"}
    for name in found:
        failed = failures(module, "torch", name, examples=30)
        assert bool(failed) == (name == wrong), (name, failed)
