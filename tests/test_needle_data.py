"""Transforms in the convention of needle, which draw by the lines that the course gives."""

from __future__ import annotations

import pytest

from tests.homework import EXAMPLES
from tests.in_process import failures, load, spellings

SOURCE = (EXAMPLES / "right_needle" / "data.py").read_text()
MISTAKES = {
    "vertical": ("RandomFlipHorizontal", "img[:, ::-1]", "img[::-1]"),
    "channels reversed": ("RandomFlipHorizontal", "img[:, ::-1]", "img[..., ::-1]"),
    "never mirrored": ("RandomFlipHorizontal", "if flip_img else img", "if False else img"),
    "flip_img reversed": ("RandomFlipHorizontal", "if flip_img", "if not flip_img"),
    "p ignored": ("RandomFlipHorizontal", "< self.p", "< 0.5"),
    "columns first": ("RandomCrop", "shift_x, shift_y =", "shift_y, shift_x ="),
    "shifted the other way": (
        "RandomCrop",
        "[p + shift_x : p + shift_x",
        "[p - shift_x : p - shift_x",
    ),
    "square": ("RandomCrop", "H, W, _ = img.shape", "H, W = img.shape[0], img.shape[0]"),
    "rolled": (
        "RandomCrop",
        "padded = np.pad(img, ((p, p), (p, p), (0, 0)))",
        "padded = np.pad(img, ((p, p), (p, p), (0, 0)), mode='wrap')",
    ),
    "padded on two sides": (
        "RandomCrop",
        "((p, p), (p, p), (0, 0))",
        "((2 * p, 0), (2 * p, 0), (0, 0))",
    ),
}


@pytest.mark.parametrize("name", ["RandomFlipHorizontal", "RandomCrop"])
def test_the_right_ones_pass(tmp_path, name):
    module = load(tmp_path, SOURCE)
    assert set(spellings(module, "needle")) == {"RandomFlipHorizontal", "RandomCrop"}
    assert failures(module, "needle", name, examples=20) == {}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_found(tmp_path, mistake):
    name, old, new = MISTAKES[mistake]
    assert SOURCE.count(old) == 1
    module = load(tmp_path, SOURCE.replace(old, new))
    assert set(failures(module, "needle", name, "shape", "forward", examples=20)) & {
        "shape",
        "forward",
    }


def test_transforms_of_torch_are_not_those_of_needle(tmp_path):
    source = SOURCE.replace("(Transform)", "").replace("class Transform", "class Other")
    assert spellings(load(tmp_path, source), "needle") == {}
