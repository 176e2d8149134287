"""Free functions and classes that mirror images at random: which pass, which fail, what is left."""

from __future__ import annotations

import pytest

from tests.in_process import failures, load, passed_over, spellings

IMAGE = """
def random_flip(image, p=0.5):
    if np.random.rand() < p:
        image = image[:, ::-1]
    return image
"""
FIRST = """
def random_hflip(x):
    return np.flip(x, axis=-1) if random.random() > 0.5 else x
"""
OBJECT = """
class RandomHorizontalFlip:
    def __init__(self, p=0.5, seed=None):
        self.p, self.rng = p, np.random.default_rng(seed)

    def __call__(self, X):
        X, mask = X.copy(), self.rng.random(len(X)) < self.p
        X[mask] = X[mask][:, :, :, ::-1]
        return X
"""
BATCH = """
def random_horizontal_flip(images, prob=0.5):
    assert images.shape[3] == 3
    return images[:, :, ::-1] if np.random.rand() < prob else images
"""
OWN_GENERATOR = """
def random_flip(image, p=0.5):
    return np.fliplr(image) if np.random.default_rng().random() < p else image.copy()
"""
RIGHT = {
    "channels last": (IMAGE, "random_flip"),
    "channels first": (FIRST, "random_hflip"),
    "batches, channels first": (OBJECT, "RandomHorizontalFlip"),
    "batches, channels last, one draw for the batch": (BATCH, "random_horizontal_flip"),
}


def loaded(tmp_path, source):
    return load(tmp_path, "import random\nimport numpy as np\n" + source)


@pytest.mark.parametrize("words", RIGHT)
def test_right_functions_pass(tmp_path, words):
    source, name = RIGHT[words]
    module = loaded(tmp_path, source)
    assert spellings(module, "numpy-course")[name].told(module)["differs"] == words
    assert failures(module, "numpy-course", name, examples=8) == {}


def test_a_generator_of_its_own_is_no_fault(tmp_path):
    module = loaded(tmp_path, OWN_GENERATOR)
    assert failures(module, "numpy-course", "random_flip", examples=8) == {}


WRONG = {
    "p reversed": (IMAGE, "< p", "> p"),
    "p ignored": (IMAGE, "< p", "< 0.5"),
    "one of three": (FIRST, "> 0.5", "> 0.7"),
    "every second image": (OBJECT, "self.rng.random(len(X)) <", "np.arange(len(X)) % 2 <"),
    "normal numbers": (IMAGE, "rand()", "randn()"),
    "rows instead of columns": (BATCH, "images[:, :, ::-1]", "images[:, ::-1]"),
    "changed in place": (IMAGE, "image = image[:, ::-1]", "image[:] = image[:, ::-1].copy()"),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_functions_fail(tmp_path, what):
    source, old, new = WRONG[what]
    assert source.count(old) == 1
    module = loaded(tmp_path, source.replace(old, new))
    (name,) = spellings(module, "numpy-course")
    assert failures(module, "numpy-course", name, examples=20)


LEFT = {
    "it always mirrors": IMAGE.replace("np.random.rand() < p", "True"),
    "it never mirrors": IMAGE.replace("np.random.rand() < p", "False"),
    "it mirrors rows as well as columns": IMAGE.replace(
        "    return image", "    return image[::-1] if np.random.rand() < p else image"
    ),
    "it mirrors rows, not columns": IMAGE.replace("[:, ::-1]", "[::-1]"),
    "something else than the image": IMAGE.replace("return image", "return image / 2"),
    "its parameter angle is not known": IMAGE.replace("p=0.5", "angle, p=0.5"),
    "it takes a seed": IMAGE.replace("p=0.5", "p=0.5, seed=0"),
    "not called with one image": OBJECT.replace("(self, X)", "(self, X, boxes)"),
    "a generator that cannot be seeded": OWN_GENERATOR.replace(
        "np.random.default_rng()", "RNG"
    ).replace("def ", "RNG = np.random.default_rng()\n\ndef "),
    "returned tuple": IMAGE.replace("return image", "return image, p"),
}


@pytest.mark.parametrize("words", LEFT)
def test_other_functions_are_left_with_a_reason(tmp_path, words):
    module = loaded(tmp_path, LEFT[words])
    reasons = passed_over(module, "numpy-course")
    assert not spellings(module, "numpy-course")
    assert words in reasons[0]


TENSORS = """
import random
import torch

def random_horizontal_flip(images, p=0.5):
    flips = torch.rand(len(images)) < p
    return torch.where(flips.view(-1, 1, 1, 1), images.flip(-1), images)

def random_hflip(img: torch.Tensor, p: float = 0.5):
    return torch.flip(img, dims=[2]) if random.random() < p else img

class RandomHorizontalFlip(torch.nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        self.p = p

    def forward(self, x):
        return x.flip(-1) if torch.rand(1) < self.p else x
"""
NAMES = ("random_horizontal_flip", "random_hflip", "RandomHorizontalFlip")


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("", "", None),
        ("torch.rand(len(images)) < p", "torch.rand(len(images)) < p * p", NAMES[0]),
        ("random.random() < p", "random.random() > p", NAMES[1]),
        ("torch.rand(1) < self.p", "torch.rand(1) < 0.5", NAMES[2]),
    ],
)
def test_on_tensors(tmp_path, old, new, wrong):
    module = load(tmp_path, TENSORS.replace(old, new) if old else TENSORS)
    assert set(spellings(module, "torch")) == set(NAMES)
    for name in NAMES:
        failed = failures(module, "torch", name, "shape", "forward", "laws", examples=20)
        assert bool(failed) == (name == wrong), (name, failed)
