"""Free functions and classes that crop images at random: which pass, which fail, what is left."""

from __future__ import annotations

import pytest

from tests.in_process import failures_of, load, passed_over, spellings

HEAD = "import random\nimport numpy as np\n"
PAIR = """
def random_crop(image, crop_size):
    (h, w), (rows, columns) = image.shape[:2], crop_size
    top = np.random.randint(0, h - rows + 1)
    left = np.random.randint(0, w - columns + 1)
    return image[top : top + rows, left : left + columns]
"""
TURNED = PAIR.replace("(rows, columns) = image.shape[:2]", "(columns, rows) = image.shape[:2]")
NUMBER = """
def random_crop(img, size):
    top, left = (random.randint(0, n - size) for n in img.shape[-2:])
    return img[:, top : top + size, left : left + size]
"""
TWO = """
def random_crop(img, height, width, rng):
    top = rng.integers(0, img.shape[0] - height, endpoint=True)
    left = rng.integers(0, img.shape[1] - width, endpoint=True)
    return img[top : top + height, left : left + width, :]
"""
PADDED = """
def random_crop(images, padding=4):
    out, size = np.zeros_like(images), images.shape[1:3]
    images = np.pad(images, [(0, 0), (padding, padding), (padding, padding), (0, 0)])
    for n, image in enumerate(images):
        i, j = np.random.randint(0, 2 * padding + 1, 2)
        out[n] = image[i : i + size[0], j : j + size[1]]
    return out
"""
MIRRORED = PADDED.replace("(0, 0)])", "(0, 0)], mode='reflect')")
OBJECT = """
class RandomCrop:
    def __init__(self, size, padding=None):
        self.size, self.padding = (size, size), padding

    def __call__(self, image):
        assert image.shape[-1] == 3
        p = self.padding
        image = np.pad(image, ((p, p), (p, p), (0, 0)), "edge") if p else image
        i, j = (random.randint(0, n - s) for n, s in zip(image.shape, self.size))
        return image[i : i + self.size[0], j : j + self.size[1]]
"""
RIGHT = {
    "channels last": PAIR,
    "channels last, the size is (width, height)": TURNED,
    "channels first": NUMBER,
    "channels last ": TWO,
    "batches, channels last, its padding is zero": PADDED,
    "batches, channels last, its padding is a mirror image": MIRRORED,
    "channels last, its padding is the edge": OBJECT,
}


def judged(tmp_path, source, *properties, convention="numpy-course"):
    return failures_of(tmp_path, HEAD + source, *properties, convention=convention, examples=20)


@pytest.mark.parametrize("words", RIGHT)
def test_right_ones_pass(tmp_path, words):
    module = load(tmp_path, HEAD + RIGHT[words])
    (spelling,) = spellings(module, "numpy-course").values()
    assert spelling.told(module)["differs"] == words.strip()
    assert judged(tmp_path, RIGHT[words]) == {}


WRONG = {
    "the last place is never drawn": PADDED.replace("2 * padding + 1", "2 * padding"),
    "the last place of a whole image": PAIR.replace("h - rows + 1", "max(h - rows, 1)"),
    "no place where the size is the image's": PAIR.replace(" + 1)", ")"),
    "one draw for both axes": PADDED.replace("padding + 1, 2)", "padding + 1, 1).repeat(2)"),
    "the middle": NUMBER.replace("random.randint(0, n - size)", "(n - size) // 2"),
    "rows for columns": PAIR.replace("left = np.random.randint(0, w - columns + 1)", "left = top"),
    "a row too many": PAIR.replace("top + rows", "top + rows - 1"),
    "a square": TWO.replace("left + width", "left + height"),
    "one number for both axes": TWO.replace("img.shape[1] - width", "img.shape[0] - height"),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_wrong_ones_fail(tmp_path, mistake):
    assert judged(tmp_path, WRONG[mistake], "shape", "forward", "laws")


LEFT = {
    "no parameter of it is a size or a padding": "def random_crop(img): return img[:9, :9]",
    "its parameter labels is not known": "def random_crop(img, labels, size): return img",
    "it gives something else than a part of the image, of the size that it is told": PAIR.replace(
        "return image[", "return 2 * image["
    ),
    "it draws from a generator that cannot be seeded from outside": PAIR.replace(
        "np.random.randint(", "random.SystemRandom().randrange("
    ),
}


@pytest.mark.parametrize("why", LEFT)
def test_what_is_left_is_said(tmp_path, why):
    module = load(tmp_path, HEAD + LEFT[why])
    reasons = passed_over(module, "numpy-course")
    assert why in reasons
    assert not spellings(module, "numpy-course")


TENSORS = """
import torch
import torch.nn.functional as F

def random_crop(x, padding=4):
    padded, out = F.pad(x, [padding] * 4), torch.empty_like(x)
    tops, lefts = torch.randint(0, 2 * padding + 1, (2, len(x)))
    for n, (i, j) in enumerate(zip(tops.tolist(), lefts.tolist())):
        out[n] = padded[n, :, i : i + x.shape[2], j : j + x.shape[3]]
    return out
"""


def test_on_tensors(tmp_path):
    assert judged(tmp_path, TENSORS, convention="torch") == {}
    never_last = TENSORS.replace("padding + 1", "padding")
    assert "laws" in judged(tmp_path, never_last, "forward", "laws", convention="torch")
